# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, and one way to end with a sentence.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=$root/.deps
cd "$root"

# fail SENTENCE: says what is missing and how to get it, and ends.
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit 1
}

# as_root COMMAND…: runs a command with the rights that apt-get needs.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "needs root for: $*; run it as root, or install sudo"
    fi
}

require_swift() {
    local wanted
    wanted=$(cat .swift-version)
    command -v swift >/dev/null ||
        fail "Swift $wanted is missing: install it from https://www.swift.org/install/linux and put it on PATH"
}

# The architecture as GitHub's runners name it: this machine's, or the one that a script works for.
architecture() {
    case ${PULUMI_TOKEN_TARGET:-$(uname -m)} in
    x86_64 | amd64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) fail "no build is known for the processor $(uname -m): x86_64 and aarch64 are supported" ;;
    esac
}

executable() {
    echo "$root/dist/pulumi-token-linux-$(architecture)"
}

# What every `swift` call needs in order to find libcurl and OpenSSL. Without debug information, which the executable does
# not keep and a failed test does not need, each build takes a tenth less.
# shellcheck disable=SC2034 # used by the scripts that source this one
swift_flags=(--pkg-config-path "$deps/lib/pkgconfig" -debug-info-format none)

# swift_build OPTION…: `swift build`, which gets a second attempt where the compiler has tripped over its own cache: several
# of its processes fill it at the same time, and now and then one finds the module of another replaced under its feet.
#
# It does not see by itself that a header of a system library has changed: a sum of them all makes its commands others.
swift_build() {
    local log headers status=0
    headers=$(LC_ALL=C && cat Sources/*/*.h Tests/COpenSSL/*.h | cksum)
    set -- "$@" -Xcc "-DPULUMI_TOKEN_HEADERS=${headers%% *}"
    log=$(mktemp)
    swift build "$@" 2>&1 | tee "$log" >&2 || status=$?
    if [ "$status" != 0 ] &&
        grep -qE "^<unknown>:0: error: (module '[A-Za-z_]+' is defined in both|missing required module)" "$log"
    then
        echo "$(basename "$0"): the compiler has tripped over its cache of modules; building once more" >&2
        status=0
        swift build "$@" || status=$?
    fi
    rm -f "$log"
    return "$status"
}

# The GCC whose static libraries clang links, the newest that is installed, and a package of it.
gcc_version() { basename "$(printf '%s\n' /usr/lib/gcc/*/*/libstdc++.a | sort -V | tail -1 | xargs dirname)"; }
gcc_package() { echo "$1-$(gcc_version)-dev"; }
