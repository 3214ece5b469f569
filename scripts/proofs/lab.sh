# shellcheck shell=bash
# Sourced by proofs that run the executable: a network and a mount table of their own, a resolver, a cloud, and a look at
# the system calls. Nothing of it is seen outside, and all of it is gone with the process.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

emulator=$root/.build/debug/cloud-emulator

# Root, because the networks and file systems of other machines are laid over this one's.
if [ -z "${PULUMI_TOKEN_LAB:-}" ]; then
    [ -x "$emulator" ] || swift_build "${swift_flags[@]}" --product cloud-emulator --quiet
    PULUMI_TOKEN_LAB=$(mktemp -d)
    # Nothing here removes what is below it, where file systems are mounted; the folder itself stays empty outside.
    trap 'rmdir "$PULUMI_TOKEN_LAB"' EXIT
    as_root unshare --net --mount --pid --fork --kill-child --mount-proc env "PATH=$PATH" \
        "PULUMI_TOKEN_LAB=$PULUMI_TOKEN_LAB" "PULUMI_TOKEN_PROVED=$proved" "$0" "$@"
    exit
fi

# In memory, and seen from here only: it is gone with the last process. Proofs run as several users; what is secret in it
# has rights of its own.
lab=$PULUMI_TOKEN_LAB
mount -t tmpfs -o mode=0755 tmpfs "$lab"
ip link set lo up

cloud_name=cloud.example.test
identity_name=identity.example.test
# The same cloud, by one kind of address only.
name_by_ipv4=ipv4.example.test
name_by_ipv6=ipv6.example.test

# wait_for FILE WHAT
wait_for() {
    local _
    for _ in $(seq 200); do
        [ -s "$1" ] && return
        sleep 0.05
    done
    fail "$2 did not start"
}

start_cloud() {
    "$emulator" --until-parent-exits \
        --ca-file "$lab/ca.pem" --port-file "$lab/port" --parent-token-file "$lab/parent" \
        --identity-request-token-file "$lab/identity" --host-name "$cloud_name" --host-name "$identity_name" \
        --host-name "$name_by_ipv4" --host-name "$name_by_ipv6" \
        >"$lab/cloud.log" 2>&1 &
    wait_for "$lab/port" "the cloud"
    port=$(cat "$lab/port")
    # shellcheck disable=SC2034 # used by the proofs that source this
    cloud=https://$cloud_name:$port
}

# The resolver of /etc/resolv.conf, which knows the cloud by both kinds of address and writes down who is asked for.
start_resolver() {
    dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --log-queries \
        --listen-address=127.0.0.1 --listen-address=127.0.0.53 --listen-address=::1 --user=root --pid-file="$lab/dnsmasq.pid" \
        --log-facility="$lab/names" --address="/$cloud_name/127.0.0.1" --address="/$cloud_name/::1" \
        --address="/$identity_name/127.0.0.1" --address="/$identity_name/::1" \
        --address="/$name_by_ipv4/127.0.0.1" --address="/$name_by_ipv6/::1" --local=/test/ >/dev/null 2>&1 &
    wait_for "$lab/dnsmasq.pid" "the resolver"
}

# lay FILE TEXT: other contents for a file of this machine, for these proofs only.
lay() {
    printf '%s\n' "$2" >"$lab/$(basename "$1")"
    mount --bind "$lab/$(basename "$1")" "$1"
}

# control METHOD PATH [JSON]: drives the cloud.
control() {
    curl --silent --show-error --fail --cacert "$lab/ca.pem" --request "$1" ${3:+--data "$3"} \
        "https://localhost:$port/_control/$2"
}

live_tokens() { control GET live; }

# job NAME=VALUE… -- COMMAND…: runs a command with exactly this environment. No secret comes into an argument.
job() (
    for name in $(compgen -e); do unset "$name"; done
    while [ "$1" != -- ]; do
        export "${1?}"
        shift
    done
    shift
    exec "$@"
)

# traced FILE NAME=VALUE… -- COMMAND…: the same as a user without rights, with its system calls written to a file. What
# is for the loader is for the command alone, not for strace.
traced() (
    file=$1
    shift
    variables=()
    secret=
    while [ "$1" != -- ]; do
        case $1 in
        # Bash exports no name with a hyphen; none of those holds a secret here.
        LD_* | INPUT_*) variables+=(-E "$1") ;;
        *) secret+=$1$'\n' ;;
        esac
        shift
    done
    shift
    for name in $(compgen -e); do unset "$name"; done
    while IFS= read -r variable; do [ -z "$variable" ] || export "${variable?}"; done <<<"$secret"
    export PATH=/usr/bin:/bin
    exec strace -f -qq -s 512 --user=nobody "${variables[@]}" -e trace=%file,connect,bind,listen,accept,accept4 -o "$file" "$@"
)

# actions_of FILE: what the traced executable opened and whom it connected to: `open MODE PATH`, `connect FAMILY ADDRESS
# PORT`, `other CALL`. What a program does that it started is not its own.
actions_of() {
    awk -v own="${2:-$proved}" '
        function quoted() { match($0, /"[^"]*"/); return substr($0, RSTART + 1, RLENGTH - 2) }
        { process = $1; sub(/^[0-9]+ +/, "") }
        # Calls of several processes at once are written in two parts.
        sub(/ *<unfinished \.\.\.>$/, "") { begun[process] = $0; next }
        sub(/^<\.\.\. [a-z0-9_]+ resumed>/, "") { $0 = begun[process] $0 }
        # A process of its own that stays is started by the second path.
        /^execve\(/ && / = 0$/ { other[process] = quoted() != own && quoted() != "/proc/self/exe"; next }
        other[process] { next }
        /^(open|openat|openat2|creat)\(/ {
            print "open", /O_WRONLY|O_RDWR|O_CREAT|^creat/ ? "write" : "read", quoted()
        }
        /^connect\(.*AF_INET/ {
            port = $0; sub(/.*_port=htons\(/, "", port); sub(/\).*/, "", port)
            print "connect", /AF_INET6/ ? "inet6" : "inet", quoted(), port
        }
        /^connect\(/ && !/AF_INET/ || /^bind\(/ && !/AF_NETLINK/ || /^(listen|accept4?)\(/ { print "other", $0 }
    ' "$1"
}

# The rows of the table "Files that it opens" as `MODE PATTERN`.
documented_files() {
    awk -F'|' '/^## / { inside = /^## Files that it opens/ }
        inside && $2 ~ /^ `/ {
            count = split($2, parts, "`")
            gsub(/ /, "", $3)
            for (part = 2; part <= count; part += 2) print $3, parts[part]
        }' docs/security-model.md
}

# undocumented ACTIONS NAME=VALUE…: shows what was opened and stands in no row. The variables are those in the rows; a
# star there is anything but a slash. What was seen is added to the file `seen`.
undocumented() {
    local actions=$1 mode pattern expression variable rows
    shift
    rows=$(documented_files | while read -r mode pattern; do
        expression=$pattern
        for variable in "$@"; do expression=${expression//"\$${variable%%=*}"/"${variable#*=}"}; done
        printf '%s\t%s\t^%s$\n' "$mode" "$pattern" "$(sed -e 's/[.+]/\\&/g' -e 's/\*/[^\/]*/g' <<<"$expression")"
    done)
    awk -F'\t' -v seen="$lab/seen" '
        NR == FNR { mode[NR] = $1; row[NR] = $2; expression[NR] = $3; rows = NR; next }
        { split($0, word, " ") }
        word[1] == "open" {
            path = substr($0, length("open " word[2] " ") + 1)
            known = 0
            for (i = 1; i <= rows; i++) if (mode[i] == word[2] && path ~ expression[i]) { known = 1; print row[i] >>seen }
            if (!known) print "not documented: " word[2] " " path
        }' <(printf '%s\n' "$rows") <(sort -u "$actions")
}
