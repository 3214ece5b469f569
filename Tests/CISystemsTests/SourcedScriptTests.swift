import CISystems
import HostSystem
import RunnerGrammars
import Secrets
import TestBench
import Testing

@Suite(.hangLimit) struct SourcedScriptTests {
    private static let shells = POSIXShell.allCases

    private let scratch: ScratchFolder
    private let token: String

    init() throws {
        scratch = try ScratchFolder()
        var generator = SeededGenerator(seed: 430)
        token = generator.token()
    }

    private func makeScript(under parent: String = ".") throws -> SourcedScript {
        try SourcedScript.inPrivateFolder(under: [scratch.file(parent)], randomness: .system)
    }

    private func quoted(_ path: String) -> String { "'\(path.replacing("'", by: "'\\''"))'" }

    /// What people do to their shells.
    private static let settings: [(name: String, script: String, shells: [POSIXShell])] = [
        ("nothing", "", shells),
        ("a trace", "set -x", shells),
        ("an echo", "set -v", shells),
        ("errors that end it", "set -e", shells),
        ("no unset variables", "set -u", shells),
        ("no overwriting", "set -C", shells),
        ("all of these", "set -exvuC", shells),
        ("everything exported", "set -a -x", shells),
        ("no globbing", "set -f", shells),
        ("pipefail", "set -euo pipefail -x", [.bash, .zsh].filter(shells.contains)),
        ("a trap", "set -T; trap 'echo \"trap: $BASH_COMMAND\" >&2' DEBUG", [.bash].filter(shells.contains)),
        (
            "a trap with a trace", "set -Tx; trap 'echo \"trap: $BASH_COMMAND\" >&2' DEBUG",
            [.bash].filter(shells.contains)
        ),
        (
            "zsh's trap", "setopt DEBUG_BEFORE_CMD; trap 'echo \"trap: $ZSH_DEBUG_CMD\" >&2' DEBUG; set -x",
            [.zsh].filter(shells.contains)
        ),
        ("rm as an alias", "alias rm='echo alias'; alias rmdir='echo alias'", [.sh, .zsh].filter(shells.contains)),
        (
            "rm as bash's alias", "shopt -s expand_aliases; alias rm='echo alias'; alias rmdir='echo alias'",
            [.bash].filter(shells.contains)
        ),
        ("rm as a function", "rm() { echo function; }; rmdir() { echo function; }", shells),
        ("a strange field separator", "IFS=abcdef0123456789; set -x", shells),
    ]

    @Test(arguments: shells)
    func `a variable that cannot have the token ends the job, and the token is in no file`(shell: POSIXShell) throws {
        let script = try makeScript()
        try script.writeExport(of: [.secret("TOKEN", Secret(token))], randomness: .system)
        let outcome = try program(
            of: shell,
            "readonly TOKEN=old; . \(quoted(script.path)) || exit 3; echo goes on"
        )
        .run()
        #expect(outcome.status != 0 && outcome.output == "", "\(outcome.log)")
        #expect(text(of: script.valuesPath) == nil)
    }

    @Test(arguments: settings.flatMap { setting in setting.shells.map { (setting.name, setting.script, $0) } })
    func `the variable is there, its value in no trace and the files are gone`(
        name: String,
        settings: String,
        shell: POSIXShell
    ) throws {
        try scratch.makeFolder("it's a \"folder\" $HOME `id` \\")
        let script = try makeScript(under: "it's a \"folder\" $HOME `id` \\")
        try script.writeExport(
            of: [
                .secret("TOKEN", Secret(token)), .plain("TOKEN_ID", "id-1"), .secret("SECOND", Secret("s3c0nd-secret")),
            ],
            randomness: .system
        )
        var job = program(
            of: shell,
            """
            \(settings)
            . \(quoted(script.path))
            /usr/bin/env -0
            """
        )
        job.environment["TOKEN"] = "parent-credential"
        let outcome = try job.run()
        #expect(outcome.status == 0)
        let exported = environment(printed: outcome.outputBytes)
        #expect(exported["TOKEN"] == Array(token.utf8))
        #expect(exported["SECOND"] == Array("s3c0nd-secret".utf8))
        #expect(exported["TOKEN_ID"] == Array("id-1".utf8))
        for part in [token, String(token.dropFirst(8).prefix(12)), "s3c0nd"] {
            #expect(!outcome.error.contains(part))
        }
        #expect(!outcome.error.contains("rror"), "\(outcome.error)")
        let isTraced = ["-x", "-v", "xv", "Tx", "DEBUG"].contains { settings.contains($0) }
        #expect(outcome.error.contains("export TOKEN SECOND") == isTraced)
        #expect(scratch.names(in: "it's a \"folder\" $HOME `id` \\") == [])
    }

    @Test(arguments: shells)
    func `every value of one line comes through`(shell: POSIXShell) throws {
        let values = ShellTests.nastyValues.filter { !$0.contains(0x0A) }
            // yash takes bytes for characters of its locale, which has ASCII only.
            .filter { shell != .yash || $0.allSatisfy { $0 < 0x80 } }
        let script = try makeScript()
        let variables = values.enumerated().flatMap { number, value in
            let text = String(decoding: value, as: UTF8.self)
            return [ExportedVariable.secret("S\(number)", Secret(value)), .plain("P\(number)", text)]
        }
        try script.writeExport(of: variables + [.plain("LINES_", "a\nb'\n\n")], randomness: .system)
        let outcome = try program(of: shell, ". \(quoted(script.path)); /usr/bin/env -0").run()
        #expect(outcome.error == "")
        let exported = environment(printed: outcome.outputBytes)
        for (number, value) in values.enumerated() {
            #expect(exported["S\(number)"] == value, "\(String(decoding: value, as: UTF8.self))")
            #expect(exported["P\(number)"] == Array(String(decoding: value, as: UTF8.self).utf8))
        }
        #expect(exported["LINES_"] == Array("a\nb'\n\n".utf8))
    }

    @Test(arguments: shells)
    func `it works in a function, in a command substitution and with a long value`(shell: POSIXShell) throws {
        let script = try makeScript()
        let value = String(repeating: "0123456789", count: 10_000)
        try script.writeExport(of: [.secret("TOKEN", Secret(value))], randomness: .system)
        try scratch.write(script.path + "\n", to: "printed")
        let job = program(
            of: shell,
            "f() { . \"$(cat \(scratch.file("printed")))\"; }; set -eu; f; printf %s \"$TOKEN\""
        )
        #expect(try job.run().output == value)
        #expect(scratch.names == ["printed"])
    }

    @Test(arguments: shells)
    func `where nothing can be removed, the values are emptied`(shell: POSIXShell) throws {
        let script = try makeScript()
        try script.writeExport(of: [.secret("TOKEN", Secret(token))], randomness: .system)
        let job = program(of: shell, "set -euC; PATH=/nonexistent; . \(quoted(script.path)); /usr/bin/printenv TOKEN")
        let outcome = try job.run()
        #expect(outcome.output == token + "\n")
        let folder = scratch.names.first ?? ""
        #expect(scratch.text("\(folder)/export.sh.values") == "")
        #expect(scratch.text("\(folder)/export.sh")?.contains(token) == false)
    }

    @Test(arguments: shells)
    func `without its values it ends a job that stops at errors`(shell: POSIXShell) throws {
        let script = try makeScript()
        try script.writeExport(of: [.secret("TOKEN", Secret(token))], randomness: .system)
        _ = try Program("rm", [script.path + ".values"]).run()
        var job = program(of: shell, "f() { . \(quoted(script.path)); echo on; }; set -e; f; echo on")
        job.environment["TOKEN"] = "parent-credential"
        let outcome = try job.run()
        #expect(outcome.status == 66 && outcome.output == "", "\(outcome)")
    }

    @Test(arguments: shells)
    func `without its values it leaves no credential and fails`(shell: POSIXShell) throws {
        for setting in ["set -u", "set -x", "set -C"] {
            let script = try makeScript()
            try script.writeExport(of: [.secret("TOKEN", Secret(token)), .plain("ID", "1")], randomness: .system)
            let folder = scratch.names.first ?? ""
            _ = try Program("rm", [scratch.file("\(folder)/export.sh.values")]).run()
            var job = program(
                of: shell,
                "\(setting); . \(quoted(script.path)); echo \"code $?\"; echo \"${TOKEN-gone} ${ID-none}\""
            )
            job.environment["TOKEN"] = "parent-credential"
            let outcome = try job.run()
            #expect(outcome.output == "code 66\ngone none\n")
            #expect(scratch.names == [])
        }
    }

    @Test(arguments: shells)
    func `values that end too early leave no credential either`(shell: POSIXShell) throws {
        let script = try makeScript()
        try script.writeExport(of: [.secret("A", Secret(token)), .secret("B", Secret(token))], randomness: .system)
        let folder = scratch.names.first ?? ""
        try scratch.write("only-one-line\n", to: "\(folder)/export.sh.values")
        var job = program(of: shell, ". \(quoted(script.path)); echo \"$? ${A-gone} ${B-gone}\"")
        job.environment.merge(["A": "parent", "B": "parent"]) { $1 }
        #expect(try job.run().output == "66 gone gone\n")
        #expect(scratch.names == [])
    }
}

/// After a failed mint.
@Suite(.hangLimit) struct FailureScriptTests {
    private static let shells = POSIXShell.allCases

    private let scratch: ScratchFolder
    private let script: SourcedScript

    init() throws {
        scratch = try ScratchFolder()
        script = try SourcedScript.inPrivateFolder(under: [scratch.path], randomness: .system)
        try script.writeFailure(unsetting: ["TOKEN", "OTHER"], exitCode: 77, randomness: .system)
    }

    private func run(_ shell: POSIXShell, _ text: String) throws -> Outcome {
        var job = program(of: shell, text.replacing("SCRIPT", by: "'\(script.path)'"))
        job.environment.merge(["TOKEN": "parent-credential", "OTHER": "x", "KEPT": "y"]) { $1 }
        return try job.run()
    }

    @Test(arguments: shells)
    func `the variables are gone and the code is told`(shell: POSIXShell) throws {
        let outcome = try run(shell, ". SCRIPT; echo \"$? ${TOKEN-gone} ${OTHER-gone} $KEPT\"")
        #expect(outcome.output == "77 gone gone y\n")
        #expect(outcome.error == "")
        #expect(scratch.names == [])
    }

    @Test(arguments: shells)
    func `a job that stops at errors stops with the code`(shell: POSIXShell) throws {
        let outcome = try run(shell, "set -e; . SCRIPT; echo \"went on with $TOKEN\"")
        #expect(outcome == Outcome(status: 77))
        #expect(scratch.names == [])
    }

    @Test(arguments: shells)
    func `inside of a function it ends itself, not the function`(shell: POSIXShell) throws {
        let outcome = try run(shell, "f() { . SCRIPT; echo \"$? ${TOKEN-gone}\"; }; f; echo \"after ${TOKEN-gone}\"")
        #expect(outcome.output == "77 gone\nafter gone\n")
        #expect(outcome.status == 0)
    }

    @Test(arguments: shells)
    func `inside of a function a job that stops at errors stops too`(shell: POSIXShell) throws {
        let outcome = try run(shell, "f() { . SCRIPT; echo \"went on\"; }; set -eu; f; echo \"went on\"")
        #expect(outcome == Outcome(status: 77))
    }

    @Test(arguments: shells)
    func `a caller may go on deliberately`(shell: POSIXShell) throws {
        let outcome = try run(shell, "set -e; . SCRIPT || code=$?; echo \"$code ${TOKEN-gone}\"")
        #expect(outcome.output == "77 gone\n")
    }

    @Test(arguments: shells)
    func `run instead of sourced, it ends with the code`(shell: POSIXShell) throws {
        #expect(try run(shell, "\(shell.words.joined(separator: " ")) SCRIPT").status == 77)
    }

    @Test(arguments: shells)
    func `under a trace nothing of the old value is shown`(shell: POSIXShell) throws {
        let outcome = try run(shell, "set -xvC; . SCRIPT; /usr/bin/printenv TOKEN")
        #expect(!(outcome.error + outcome.output).contains("parent-credential"))
    }
}
