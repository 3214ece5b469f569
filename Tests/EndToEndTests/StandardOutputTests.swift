import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// A reader who has gone ends a command as it ends others; a full disk is said.
@Suite(.hangLimit, .ownThreads) struct StandardOutputTests {
    private static let commands = [
        ["help"], ["--help"], ["help", "mint"], ["mint", "--help"], ["help", "--format", "man"], ["--version"],
        ["--version", "--verbose"], ["completions", "bash"], ["list", "--all"], ["list", "--json"], ["doctor"],
        ["doctor", "--json"], ["sweep", "--older-than", "1s", "--dry-run"],
    ]

    private func machine() throws -> BuildMachine {
        let machine = try BuildMachine()
        machine.cloud.plant(Seed(description: "job [pulumi-token:{nonce}:0123456789abcdef]", age: 60))
        return machine
    }

    /// Runs a command whose standard output nobody reads; as `waitpid` says how it ended, and what it said.
    private func unread(_ words: [String], _ machine: BuildMachine) throws -> (status: Int32, error: String) {
        let (output, error) = (descriptorWithoutReader(), try Pipe())
        let null = open("/dev/null", O_RDONLY)
        defer { for descriptor in [output, null] { close(descriptor) } }
        let program = Program(Executable.path, words, environment: machine.withCredential)
        let process = try program.spawn([null, output, error.writeEnd])
        error.closeWriteEnd()
        let text = String(decoding: error.readToEnd(), as: UTF8.self)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return (status, text)
    }

    @Test(arguments: commands)
    func `a reader who has gone ends it by SIGPIPE, silently`(words: [String]) throws {
        let ending = try unread(words, try machine())
        #expect(ending.status & 0x7F == SIGPIPE, "\(ending)")
        #expect(ending.error.split(separator: "\n").filter { $0.contains("error") } == [])
    }

    @Test(arguments: commands)
    func `a full disk is said`(words: [String]) throws {
        let shell = ["-c", "exec \"$@\" > /dev/full", "sh", Executable.path] + words
        let machine = try machine()
        let outcome = try Program("sh", shell, environment: machine.withCredential).run()
        #expect(outcome.status == 73)
        #expect(machine.cloud.liveTokens.count == 1)
        let message = "pulumi-token: error: cannot write to standard output: no space left on device\n"
        #expect(outcome.error.contains(message), "\(outcome.error)")
    }

    @Test func `a list whose reader has enough fetches no more pages`() throws {
        let machine = try BuildMachine()
        machine.cloud.plant(Seed(count: 5000, description: "job [pulumi-token:{nonce}:0123456789abcdef]", age: 60))
        let script = "\"$0\" list --all | head -n 1; printf '%s ' \"${PIPESTATUS[@]}\" >&2"
        let outcome = try Program("bash", ["-c", script, Executable.path], environment: machine.withCredential).run()
        #expect(outcome.output.hasPrefix("ID "))
        #expect(outcome.error.hasSuffix("141 0 ") && !outcome.error.contains("error"), "\(outcome.error)")
        #expect(machine.cloud.requests.count <= 2)
    }

    @Test func `without a command the usage is shown, and it is a mistake`() throws {
        for words in [[], ["-q"]] {
            let outcome = try Program(Executable.path, words).run()
            #expect(outcome.status == 64 && outcome.output.isEmpty)
            #expect(outcome.error.contains("Usage: pulumi-token COMMAND"))
        }
    }

    @Test func `an unknown variable is named once, and not in the way of what is exported`() throws {
        let machine = try machine()
        let outcome = try machine.run("mint", "--export", "none", adding: ["PULUMI_TOKEN_TLL": "5m"])
        #expect(outcome.status == 0)
        let notices = outcome.error.split(separator: "\n").filter { $0.contains("PULUMI_TOKEN_TLL") }
        #expect(notices.count == 1 && notices[0].hasPrefix("pulumi-token: notice: "), "\(outcome.error)")
    }
}
