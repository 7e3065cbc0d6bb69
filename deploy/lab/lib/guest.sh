# shellcheck shell=bash
# lab guest, lab guest-wait: into a server through its guest agent. libvirt finds a server's domain by the server's id.

agent() { # SERVER QUERY
  virsh -q qemu-agent-command "$1" --timeout 10 "$2" 2>/dev/null
}

lab_guest_wait() {
  local server=${1:-} end
  [ -n "$server" ] || die "usage: lab guest-wait SERVER_ID [SECONDS]"
  end=$((SECONDS + ${2:-120}))
  until agent "$server" '{"execute":"guest-ping"}' >/dev/null; do
    [ "$SECONDS" -lt "$end" ] || die "the guest agent of $server does not answer ($(virsh -q domstate "$server" 2>&1 | head -n 1))"
    sleep 0.3
  done
}

# Prints what the command printed, on the streams it used, and ends with its exit code; 125 when it could not be run.
lab_guest() {
  local server=${1:-} query pid answer end
  [ $# -ge 2 ] || die "usage: lab guest SERVER_ID COMMAND..."
  shift
  query=$(jq -nc --arg command "$*" '{execute: "guest-exec", arguments: {path: "/bin/sh", arg: ["-c", $command], "capture-output": true}}')
  if ! pid=$(agent "$server" "$query" | jq -e .return.pid); then
    echo "lab: the guest agent of $server does not answer ($(virsh -q domstate "$server" 2>&1 | head -n 1))" >&2
    exit 125
  fi
  end=$((SECONDS + ${LAB_GUEST_TIMEOUT:-120}))
  while :; do
    answer=$(agent "$server" "{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":$pid}}") || answer=
    [ -z "$answer" ] || [ "$(jq .return.exited <<<"$answer")" != true ] || break
    # an emulated guest that is busy may be late with one answer
    [ -n "$answer" ] || [ "$(virsh -q domstate "$server" 2>/dev/null)" = running ] ||
      { echo "lab: the guest agent of $server was lost" >&2; exit 125; }
    [ "$SECONDS" -lt "$end" ] || { echo "lab: the command still runs after ${LAB_GUEST_TIMEOUT:-120} s" >&2; exit 125; }
    sleep 0.05
  done
  jq -r '.return["out-data"] // ""' <<<"$answer" | base64 -d
  jq -r '.return["err-data"] // ""' <<<"$answer" | base64 -d >&2
  # a shell that a signal ended has no exit code of its own
  exit "$(jq 'if .return.exitcode != null then .return.exitcode else 128 + (.return.signal // 0) end' <<<"$answer")"
}
