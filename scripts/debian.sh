# shellcheck shell=bash
# Sourced by the scripts beside it: packages of Debian through lists of their own. The machine's lists stay as they are.

# private_lists FOLDER: sets `apt_options` so that apt reads the sources in FOLDER/sources.d and writes in FOLDER only.
private_lists() {
    mkdir -p "$1/sources.d" "$1/lists/partial" "$1/archives/partial"
    apt_options=(
        -qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$1/sources.d"
        -o "Dir::State::Lists=$1/lists" -o "Dir::Cache::archives=$1/archives"
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
        # apt's own user cannot write here; apt would only warn about that.
        -o APT::Sandbox::User=root
    )
}

# list_machine_sources FOLDER: the machine's sources of packages, as sources of source packages.
list_machine_sources() {
    local file
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$1/sources.d/$(basename "$file")"
    done
    if [ -s /etc/apt/sources.list ]; then
        sed -n 's/^deb \(.*\)/deb-src \1/p' /etc/apt/sources.list >"$1/sources.d/main.list"
    fi
}

# source_versions PACKAGE: every version that the lists have, the newest first.
source_versions() {
    apt-cache "${apt_options[@]}" showsrc --only-source "$1" | sed -n 's/^Version: //p' | sort -Vru
}

# fetch_source FOLDER PACKAGE: unpacks the source package in FOLDER/source, with Debian's patches; apt checks the
# signatures. A mirror that is being updated can list a version before it has the files: then the next older version is
# taken. No other error leads to an older version.
fetch_source() {
    local version incomplete=''
    for version in $(source_versions "$2"); do
        rm -rf "$1/source"
        mkdir "$1/source"
        if (cd "$1/source" && apt-get "${apt_options[@]}" source "$2=$version" >/dev/null 2>"$1/apt.log"); then
            [ -z "$incomplete" ] || echo "warning: using $2 $version: the mirror lacks files of$incomplete" >&2
            return
        fi
        grep -q '^E: Failed to fetch .* 404 ' "$1/apt.log" || break
        incomplete+=" $version"
    done
    cat "$1/apt.log" >&2
    fail "could not fetch the source package of $2"
}
