import CloudEmulator
import JobBench
import TestBench
import Testing

/// What `mint` hands to shells, through the executable, with values that mean something to a shell.
@Suite(.hangLimit, .ownThreads) struct ShellMatrixTests {
    private static let strange = "it's a \"folder\" $HOME `id` $(id) \\ * ;&|<>{}[]!~#%^ é"
    private static let shells = ["dash", "bash", "zsh", "busybox", "ksh93", "mksh", "yash"]

    /// What people do to their shells, and whether it shows each command.
    private static let settings: [(script: String, isTraced: Bool, shells: [String])] = [
        ("", false, shells), ("set -x", true, shells), ("set -v", true, shells), ("set -eu", false, shells),
        ("set -exvu", true, shells), ("IFS=pul-0123456789abcdef", false, shells),
        ("set -euo pipefail; set -x", true, ["bash", "zsh", "busybox"]),
        ("set -T; trap 'echo \"trap: $BASH_COMMAND\" >&2' DEBUG", true, ["bash"]),
        ("setopt DEBUG_BEFORE_CMD; trap 'echo \"trap: $ZSH_DEBUG_CMD\" >&2' DEBUG", true, ["zsh"]),
        ("export SHELLOPTS; set -x", true, ["bash"]),
    ]

    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
        try machine.sandbox.makeFolder("tmp/" + Self.strange)
        machine.environment["TMPDIR"] = machine.sandbox.file("tmp/" + Self.strange)
        // In another locale, fish makes something else of what it finds in its environment.
        machine.environment["LC_ALL"] = "C.UTF-8"
    }

    private func run(_ shell: String, _ script: String) throws -> Outcome {
        let words = shell == "busybox" ? ["sh", "-c"] : ["-c"]
        return try Program(shell, words + [script], environment: try machine.jobEnvironment()).run()
    }

    /// What a shell's commands find in their environment.
    private func environment(_ outcome: Outcome) -> [String: String] {
        let entries = outcome.outputBytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        let pairs = entries.map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) }
        return Dictionary(pairs.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) }) { $1 }
    }

    private func expectHandedOver(_ found: [String: String]) throws {
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(found["PULUMI_ACCESS_TOKEN"] == token.value)
        #expect(found["DEPLOY_TOKEN"] == token.value)
        #expect(found["PULUMI_ACCESS_TOKEN_ID"] == token.id)
        #expect(found["PULUMI_BACKEND_URL"] == machine.cloud.url)
        #expect(found["PULUMI_CREDENTIALS_PATH"]?.hasPrefix(machine.sandbox.file("tmp/" + Self.strange)) == true)
        #expect(found["PULUMI_TOKEN_SESSION"]?.isEmpty == false)
    }

    @Test(arguments: settings.flatMap { setting in setting.shells.map { ($0, setting.script, setting.isTraced) } })
    func `the sourced file brings every value, and no trace shows the token`(
        shell: String,
        setting: String,
        isTraced: Bool
    ) throws {
        let outcome = try run(
            shell,
            """
            \(setting)
            . "$(pulumi-token mint --env-name PULUMI_ACCESS_TOKEN --env-name DEPLOY_TOKEN)"
            /usr/bin/env -0
            """
        )
        #expect(outcome.status == 0, "\(outcome.error)")
        try expectHandedOver(environment(outcome))
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: outcome.error) == [])
        #expect(outcome.error.contains("export PULUMI_ACCESS_TOKEN DEPLOY_TOKEN") == isTraced, "\(outcome.error)")
        #expect(!machine.sandbox.files.contains { $0.contains("/export.sh") })
    }

    @Test(arguments: shells + ["fish"])
    func `what is printed to be evaluated brings every value`(shell: String) throws {
        let options = "--env-name PULUMI_ACCESS_TOKEN --env-name DEPLOY_TOKEN --export shell"
        let name = ["bash", "zsh"].contains(shell) ? shell : "sh"
        let script =
            shell == "fish"
            ? "pulumi-token mint \(options) --shell fish | source; /usr/bin/env -0"
            : "eval \"$(pulumi-token mint \(options) --shell \(name))\"; /usr/bin/env -0"
        let outcome = try run(shell, script)
        #expect(outcome.status == 0, "\(outcome.error)")
        try expectHandedOver(environment(outcome))
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: outcome.error) == [])
    }

    @Test(arguments: shells, ["", "set -e", "set -exv"])
    func `after a failed mint nothing of the stored credential is left or shown`(shell: String, setting: String) throws
    {
        let outcome = try run(
            shell,
            """
            \(setting)
            . "$(pulumi-token mint --ttl 1s)"
            echo "$? ${PULUMI_ACCESS_TOKEN-gone}"
            """
        )
        #expect(outcome.status == (setting.isEmpty ? 0 : 64))
        #expect(outcome.output == (setting.isEmpty ? "64 gone\n" : ""))
        #expect(leaks(of: [machine.parent], in: outcome.log) == [])
        #expect(machine.cloud.requests == [])
    }

    @Test(arguments: ["line\nbreak", "tab\there", "carriage\rreturn", "escape\u{1B}[31m"])
    func `a folder whose name would make two lines of the path is refused, and no token is left`(name: String) throws {
        try machine.sandbox.makeFolder("tmp/" + name)
        var environment = try machine.jobEnvironment()
        environment["TMPDIR"] = machine.sandbox.file("tmp/" + name)
        let script = ". \"$(pulumi-token mint)\"; code=$?; printf '%s\n' $code \"$PULUMI_CREDENTIALS_PATH\""
        let outcome = try Program("sh", ["-c", script], environment: environment).run()
        #expect(outcome.output == "64\n\n" && outcome.error.contains("use an absolute path on one line"))
        #expect(machine.cloud.requests == [])
    }
}
