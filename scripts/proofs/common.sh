# shellcheck shell=bash
# Sourced by the proofs beside it: how a proof is written down, and what stands in the documentation.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

# The executable that is proved.
proved=${PULUMI_TOKEN_PROVED:-$(executable)}
[ -x "$proved" ] || fail "$proved is missing: run scripts/build"

failures=0

# proof SENTENCE COMMAND…: one line; what the command said comes after it when it fails.
proof() {
    local sentence=$1 said status
    shift
    # Within a condition, bash would ignore errors inside of the command.
    set +e
    said=$(set -e; "$@" 2>&1)
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        printf 'ok      %s\n' "$sentence"
    else
        printf 'FAILED  %s\n' "$sentence"
        printf '%s\n' "${said:-exit code $status}" | head -40 | sed 's/^/        /'
        failures=$((failures + 1))
    fi
}

end_of_proofs() {
    [ "$failures" = 0 ] || fail "$failures proofs failed"
}

# holds PATTERN: whether standard input has a matching line. Reads all of it, so that its writer sees no closed pipe.
holds() { grep -E -- "$1" >/dev/null; }

# lacks PATTERN: whether it has none; shows those that it has.
lacks() {
    local found
    found=$(grep -E -- "$1" || true)
    [ -z "$found" ] || { printf 'not expected: %s\n' "$found" && return 1; }
}
