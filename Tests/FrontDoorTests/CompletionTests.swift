import TestBench
import Testing

@testable import pulumi_token

/// The completion scripts in the shells that they are for.
@Suite struct CompletionTests {
    private let sandbox: ScratchFolder

    init() throws {
        sandbox = try ScratchFolder()
    }

    private func bash(_ words: [String]) throws -> Set<String> {
        let script = try sandbox.write(
            BashCompletions.script + """

                COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " ")))
                COMP_CWORD=\(words.count - 1)
                _pulumi_token
                printf '%s\\n' "${COMPREPLY[@]}"
                """,
            to: "script"
        )
        let environment = ["A_SECRET_VARIABLE": "x", "PATH": "/usr/bin:/bin"]
        let outcome = try Program("bash", [script], environment: environment).run()
        #expect(outcome.error == "")
        return Set(outcome.output.split(separator: "\n").map(String.init))
    }

    private func fish(_ line: String) throws -> Set<String> {
        let script = try sandbox.write(FishCompletions.script, to: "completions.fish")
        let outcome = try Program(
            "fish",
            ["-c", "source \(script); complete -C '\(line)'"],
            environment: ["HOME": sandbox.path]
        ).run()
        #expect(outcome.error == "")
        return Set(outcome.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) })
    }

    @Test func `bash completes commands, options and their values`() throws {
        #expect(try bash(["pulumi-token", "m"]) == ["mint"])
        #expect(try bash(["pulumi-token", ""]).isSuperset(of: Command.shown.map(\.rawValue)))
        #expect(try bash(["pulumi-token", "mint", "--tt"]) == ["--ttl"])
        #expect(try bash(["pulumi-token", "mint", "--export", "d"]) == ["dotenv"])
        #expect(try bash(["pulumi-token", "mint", "--env-name", "A_SEC"]) == ["A_SECRET_VARIABLE"])
        #expect(try bash(["pulumi-token", "mint", "--ca-file", sandbox.path + "/scr"]) == [sandbox.path + "/script"])
        #expect(try bash(["pulumi-token", "completions", "f"]) == ["fish"])
        #expect(try bash(["pulumi-token", "exec", "--", "base64"]).contains("base64"))
        #expect(try bash(["pulumi-token", "-v", "mint", "--tt"]) == ["--ttl"])
        #expect(try bash(["pulumi-token", "--session", "exec", "mint", "--tt"]) == ["--ttl"])
        // As readline gives it where `=` breaks words, and where it does not.
        #expect(try bash(["pulumi-token", "mint", "--export", "=", "d"]) == ["dotenv"])
        #expect(try bash(["pulumi-token", "mint", "--export", "="]).contains("github"))
        #expect(try bash(["pulumi-token", "mint", "--export=d"]) == ["--export=dotenv"])
    }

    @Test func `fish completes commands, options and their values`() throws {
        #expect(try fish("pulumi-token m") == ["mint"])
        #expect(try fish("pulumi-token mint --tt") == ["--ttl"])
        #expect(try fish("pulumi-token mint --export d") == ["dotenv"])
        #expect(try fish("pulumi-token completions z") == ["zsh"])
    }

    @Test func `every option is in every script`() {
        for option in Option.table {
            #expect(BashCompletions.script.contains("--\(option.name)"))
            #expect(ZshCompletions.script.contains("--\(option.name)"))
            #expect(
                FishCompletions.script.contains("-l \(option.name) ")
                    || FishCompletions.script.contains("-l \(option.name)\n")
            )
        }
    }
}
