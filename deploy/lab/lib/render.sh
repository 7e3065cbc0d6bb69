# shellcheck shell=bash
# Configuration files from templates. @NAME@ is replaced by the value of the variable NAME;
# a line "%include FRAGMENT ARGUMENT" by templates/fragments/FRAGMENT with @ARG@ = ARGUMENT.

# expand TEXT: replace each @NAME@ (in the shell itself, so that no secret shows up in a process list)
expand() {
  local text=$1 name
  while [[ $text =~ @([A-Z][A-Z_]*)@ ]]; do
    name=${BASH_REMATCH[1]}
    [ -n "${!name+set}" ] || { echo "template: no value for @$name@" >&2; return 1; }
    text=${text//"@$name@"/"${!name}"}
  done
  printf '%s\n' "$text"
}

# render TEMPLATE TARGET [MODE]
render() {
  local source=$LAB_HOME/templates/$1 target=$2 mode=${3:-640} line fragment text='' ARG
  [ -r "$source" ] || { echo "no template $source" >&2; return 1; }
  while IFS= read -r line || [ -n "$line" ]; do
    if [[ $line == '%include '* ]]; then
      # shellcheck disable=SC2034  # ARG is read by expand, by its name
      read -r _ fragment ARG <<<"$line"
      line=$(expand "$(cat "$LAB_HOME/templates/fragments/$fragment")") || return 1
    fi
    text+=$line$'\n'
  done <"$source"
  mkdir -p "$(dirname "$target")"
  (umask 077; expand "${text%$'\n'}" >"$target.new") || return 1
  chmod "$mode" "$target.new"
  mv "$target.new" "$target"
}

# The values that templates may name.
# shellcheck disable=SC2034
load_values() {
  keep_secret "$LAB_ROOT/etc/password" 16
  keep_secret "$LAB_ROOT/etc/volume-key" 32
  keep_secret "$LAB_ROOT/etc/s3-secret" 20
  keep_uuid "$LAB_ROOT/etc/fsid"
  keep_uuid "$LAB_ROOT/etc/rbd-secret-uuid"
  PASSWORD=$(lab_password)
  # volumes of an encrypted type: one fixed key, the same for Cinder (which formats) and Nova (which opens)
  VOLUME_KEY=$(cat "$LAB_ROOT/etc/volume-key")
  FSID=$(cat "$LAB_ROOT/etc/fsid")
  OBJECTS_KEY=rewind
  RBD_SECRET=$(cat "$LAB_ROOT/etc/rbd-secret-uuid")
  TOKEN_LIFETIME=$(cat "$LAB_ROOT/etc/token-lifetime" 2>/dev/null || echo "$DEFAULT_TOKEN_LIFETIME")
  OSD_BYTES=$((${LAB_OSD_GIB:-20} * 1024 * 1024 * 1024))
  SQL_URL=mysql+pymysql://openstack:$PASSWORD@127.0.0.1
  RABBIT_URL=rabbit://openstack:$PASSWORD@127.0.0.1:5672/
  export PASSWORD
}
# shellcheck disable=SC2034
DEFAULT_TOKEN_LIFETIME=28800
