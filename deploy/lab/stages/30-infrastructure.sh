#!/bin/bash
# MariaDB, RabbitMQ, memcached, Redis; loopback only.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/render.sh
. "$LAB_HOME/lib/render.sh"
# shellcheck source=../lib/daemons.sh
. "$LAB_HOME/lib/daemons.sh"
load_values

render mariadb.cnf "$LAB_ROOT/etc/mariadb.cnf" 644
render rabbitmq.conf "$LAB_ROOT/etc/rabbitmq.conf"
render rabbitmq.env "$LAB_ROOT/etc/rabbitmq.env"
render redis.conf "$LAB_ROOT/etc/redis.conf"
echo '[].' >"$LAB_ROOT/etc/rabbitmq-plugins"
mkdir -p "$LAB_ROOT/data/rabbitmq"

if ! done_once mariadb-install; then
  rm -rf "$LAB_ROOT/data/mysql"
  install -d -o mysql -g mysql "$LAB_ROOT/data/mysql" "$LAB_ROOT/data/mysql/db"
  mysql_install_db --defaults-file="$LAB_ROOT/etc/mariadb.cnf" --user=mysql --skip-test-db --auth-root-authentication-method=socket
  mark_done mariadb-install
fi
for name in mariadb epmd memcached redis; do start_daemon "$name"; done
wait_daemon epmd 30 daemon_ready epmd
start_daemon rabbitmq
wait_daemon mariadb 60 daemon_ready mariadb
lap "MariaDB"

if ! done_once databases "$0"; then
  {
    for name in keystone glance cinder nova nova_api nova_cell0 placement neutron; do
      echo "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8mb3;"
      echo "GRANT ALL ON $name.* TO 'openstack'@'127.0.0.1' IDENTIFIED BY '$PASSWORD';"
    done
    # Rewind's own; the pattern lets a test run make databases of its own beside rewind_test
    for name in rewind rewind_test; do echo "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8mb4;"; done
    echo "GRANT ALL ON rewind.* TO 'rewind'@'127.0.0.1' IDENTIFIED BY '$PASSWORD';"
    echo "GRANT ALL ON \`rewind\\_test%\`.* TO 'rewind'@'127.0.0.1';"
  } | sql --batch
  mark_done databases "$0"
fi
wait_daemon memcached 30 daemon_ready memcached
wait_daemon redis 30 daemon_ready redis
wait_daemon rabbitmq 120 daemon_ready rabbitmq
lap "RabbitMQ, memcached, Redis"
