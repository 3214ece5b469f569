import CloudEmulator
import FoundationEssentials
import JobBench
import TestBench
import Testing

/// What the tool does for somebody at a terminal, and for nobody else.
@Suite(.ownThreads) struct OutputTests {
    @Test func `doctor is coloured on a terminal, unless NO_COLOR or a dumb terminal says otherwise`() throws {
        let machine = try BuildMachine()
        try TerminalScenario.run(
            machine,
            """
            import subprocess
            t = Terminal([TOOL, 'doctor'])
            t.expect(r'\\x1b\\[32mok')
            t.wait()
            for environment in [{'NO_COLOR': '1'}, {'TERM': 'dumb'}]:
                t = Terminal([TOOL, 'doctor'], environment=environment)
                t.expect(r'mint.*\\n')
                t.wait()
                assert b'\\x1b' not in t.output, t.output
            piped = subprocess.run([TOOL, 'doctor'], capture_output=True)
            assert b'\\x1b' not in piped.stdout + piped.stderr, piped
            """
        )
    }

    @Test func `sweep shows its progress on a terminal, on one line, and nowhere else`() throws {
        let machine = try BuildMachine()
        let seed = Seed(count: 40, description: "job [pulumi-token:{nonce}:0123456789abcdef]", age: 7200)
        machine.cloud.plant(seed)
        try TerminalScenario.run(
            machine,
            """
            t = Terminal([TOOL, 'sweep', '--older-than', '1h'])
            t.expect(r'\\r\\x1b\\[K[^\\n]*40')
            t.expect(r'\\r\\x1b\\[K')
            assert os.waitstatus_to_exitcode(t.wait()) == 0
            """
        )
        // Some agents give each step of a job a pseudo-terminal.
        machine.cloud.plant(seed)
        try TerminalScenario.run(
            machine,
            """
            t = Terminal([TOOL, 'sweep', '--older-than', '1h'], environment={'CI': 'true'})
            t.expect(r'revoked 40 tokens')
            assert os.waitstatus_to_exitcode(t.wait()) == 0
            assert b'\\x1b' not in t.output, t.output
            """
        )
        machine.cloud.plant(seed)
        let result = try machine.start(["sweep", "--older-than", "1h"]).wait()
        #expect(result.status == 0 && !result.output.contains("\u{1B}") && !result.error.contains("\u{1B}"))
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    /// What other jobs of the account have written into the descriptions of their tokens.
    private static let commands = ["##vso[task.setvariable variable=PATH]/evil", "###[add-matcher]/evil", "a##[b"]

    @Test(arguments: commands, [["list", "--all"], ["sweep", "--older-than", "1s", "--dry-run"]])
    func `no description is a command of the job that lists it`(command: String, words: [String]) throws {
        let machine = try BuildMachine()
        let description = "\(command) [pulumi-token:{nonce}:0123456789abcdef]"
        machine.cloud.plant(Seed(description: description, age: 60))
        let run = { try Program(Executable.path, $0, environment: machine.withCredential).run() }
        let table = try run(words)
        #expect(table.status == (words.contains("--dry-run") ? 1 : 0))
        #expect(table.output.contains(command.contains("evil") ? "evil" : "b"))
        #expect(!table.output.contains("##[") && !table.output.contains("##vso["))
        let json = try run(words + ["--json"])
        #expect(!json.output.contains("##"))
        let list = try JSONDecoder().decode(Listing.self, from: Data(json.output.utf8))
        #expect(list.tokens.contains { $0.description.hasPrefix(command) }, "\(json.output)")
    }

    private struct Listing: Decodable {
        struct Row: Decodable { let description: String }
        let tokens: [Row]
    }
}
