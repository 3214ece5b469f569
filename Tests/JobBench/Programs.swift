import CloudEmulator
import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What the `pulumi` of a machine was called with, and which credential it found.
package struct PulumiCall: Equatable, Sendable {
    package enum Token: String, Sendable {
        /// The cloud accepts it, and it is not the one that mints.
        case minted
        /// The one that mints.
        case parent
        /// The cloud does not accept it.
        case refused
        case none
    }

    package var token: Token
    package var arguments: String

    package init(_ token: Token, _ arguments: String) {
        (self.token, self.arguments) = (token, arguments)
    }
}

extension BuildMachine {
    /// A folder for the path of jobs: `pulumi-token`, and a `pulumi` that does nothing but ask the cloud about its token
    /// and, as the real one does, keep a copy of it.
    package func programs() throws -> String {
        let folder = sandbox.file("bin")
        if fileExists(folder + "/pulumi") { return folder }
        if !fileExists(folder) { try sandbox.makeFolder("bin") }
        symlink(Executable.path, folder + "/pulumi-token")
        try sandbox.write(parent, to: "parent")
        try sandbox.write(Array(pulumi.utf8), to: "bin/pulumi", mode: 0o755)
        try sandbox.write(Array(kubectl.utf8), to: "bin/kubectl", mode: 0o755)
        return folder
    }

    /// Leaves the jobs without a `pulumi-token` on their path, as on a hosted runner.
    package func removeInstalledExecutable() throws {
        unlink(try programs() + "/pulumi-token")
    }

    /// In the order in which they ended.
    package var pulumiCalls: [PulumiCall] {
        (sandbox.text("pulumi.log") ?? "").split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            return PulumiCall.Token(rawValue: String(parts[0])).map {
                PulumiCall($0, parts.count > 1 ? String(parts[1]) : "")
            }
        }
    }

    /// Hands the token on its standard input to a `pulumi` elsewhere.
    private var kubectl: String {
        """
        #!/bin/sh
        # A line end would become a part of the secret.
        secret=$(/usr/bin/cat; echo .)
        PULUMI_ACCESS_TOKEN=${secret%.}
        [ "$(echo "$PULUMI_ACCESS_TOKEN")" = "$PULUMI_ACCESS_TOKEN" ] || exit 1
        export PULUMI_ACCESS_TOKEN
        '\(sandbox.file("bin/pulumi"))' "$@"
        status=$?
        rm -f "${PULUMI_CREDENTIALS_PATH:-$HOME/.pulumi}/credentials.json"
        exit $status

        """
    }

    private var pulumi: String {
        """
        #!/bin/sh
        PATH=/usr/local/bin:/usr/bin:/bin
        case ${1:-} in version) echo v3.274.1; exit ;; esac
        kept=${PULUMI_ACCESS_TOKEN:-}
        case ${PULUMI_CREDENTIAL_HELPER:-none} in
        none) ;;
        *)
            # The helper comes before the variable, and what it says is kept nowhere.
            kept=
            PULUMI_ACCESS_TOKEN=$(printf '{"version":1,"reason":"initial","selectedBackendUrl":"%s"}' '\(cloud.url)' |
                "$PULUMI_CREDENTIAL_HELPER" credential-helper | sed -n 's/.*"accessToken":"\\([^"]*\\)".*/\\1/p') ;;
        esac
        if [ -z "${PULUMI_ACCESS_TOKEN:-}" ]; then token=none
        elif printf %s "$PULUMI_ACCESS_TOKEN" | cmp -s - '\(sandbox.file("parent"))'; then token=parent
        elif printf 'Authorization: token %s' "$PULUMI_ACCESS_TOKEN" |
            curl -sfo /dev/null --cacert '\(caFile)' -H @- '\(cloud.url)/api/user'; then token=minted
        else token=refused
        fi
        folder=${PULUMI_CREDENTIALS_PATH:-$HOME/.pulumi}
        mkdir -p "$folder"
        printf '{"accessToken":"%s"}' "$kept" > "$folder/credentials.json"
        echo "$token $*" >> '\(sandbox.file("pulumi.log"))'
        case $1 in
        fail) echo 'pulumi: it fails' >&2; exit 3 ;;
        show) printf '%s\\n' "$PULUMI_ACCESS_TOKEN" ;;
        wait) echo 'pulumi: waiting'; exec sleep 60 ;;
        esac
        echo "pulumi: $*"
        case $token in refused | none) exit 1 ;; esac

        """
    }
}
