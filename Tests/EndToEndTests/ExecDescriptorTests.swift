import CloudEmulator
import JobBench
import TestBench
import Testing

/// Descriptors beside 1 and 2 that lead to the same place: bats writes to 3, bash traces to whatever it is told.
@Suite(.ownThreads) struct ExecDescriptorTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    /// Runs `exec` with a command of bash, started by a shell with redirections.
    private func run(_ redirections: String, _ options: String = "", _ command: String) throws -> Outcome {
        let script = "exec \"$0\" exec -q \(options) -- bash -c '\(command)' \(redirections)"
        let words = ["-c", script, Executable.path]
        return try Program("bash", words, environment: machine.shellEnvironment).run()
    }

    private var token: String {
        get throws { try #require(machine.cloud.tokens(.minted).first?.value) }
    }

    @Test func `one that leads where output does is filtered, and the order is kept`() throws {
        let result = try run("3>&1", "", "echo one; echo $PULUMI_ACCESS_TOKEN >&3; echo two; echo three >&3")
        #expect(result.output == "one\n***\ntwo\nthree\n")
    }

    @Test func `one that leads where error does is filtered there`() throws {
        let result = try run("4>&2", "", "echo one >&2; echo $PULUMI_ACCESS_TOKEN >&4; echo out")
        #expect(result.output == "out\n")
        #expect(result.error == "one\n***\n")
    }

    @Test func `a trace of bash shows no token`() throws {
        let result = try run("7>&1", "", "BASH_XTRACEFD=7; set -x; : $PULUMI_ACCESS_TOKEN")
        #expect(result.output == "+ : ***\n")
    }

    @Test func `all of them at once, in the order in which they are written to`() throws {
        let command = "for n in 1 2 3; do echo a$n; echo b$n >&2; echo c$n-$PULUMI_ACCESS_TOKEN >&8; done"
        let result = try run("8>&1 2>&1", "", command)
        #expect(result.output == (1...3).map { "a\($0)\nb\($0)\nc\($0)-***\n" }.joined())
    }

    @Test func `a log file that was opened twice`() throws {
        let log = "\(machine.sandbox.path)/log"
        let result = try run(">>\(log) 3>>\(log)", "", "echo one; echo $PULUMI_ACCESS_TOKEN >&3; echo two")
        #expect(result.status == 0)
        #expect(text(of: log) == "one\n***\ntwo\n")
    }

    @Test func `those that lead elsewhere, and those that are only read, stay as they are`() throws {
        let (other, log) = ("\(machine.sandbox.path)/other", "\(machine.sandbox.path)/log")
        let command = "cat <&5; echo $PULUMI_ACCESS_TOKEN | tee /dev/fd/4 >&3; echo end"
        let result = try run("3>\(other) 4>/dev/null >>\(log) 5<\(log)", "", command)
        #expect(result.status == 0, "\(result.error)")
        #expect(text(of: other) == "\(try token)\n")
        #expect(text(of: log) == "end\n")
    }

    @Test func `the names of the standard streams keep working`() throws {
        let command = """
            echo $PULUMI_ACCESS_TOKEN >/dev/stdout; echo err-$PULUMI_ACCESS_TOKEN >/proc/self/fd/2
            echo three-$PULUMI_ACCESS_TOKEN >/dev/fd/3
            """
        let result = try run("3>&1", "", command)
        #expect(result.output == "***\nthree-***\n")
        #expect(result.error == "err-***\n")
    }

    @Test func `without redaction they are our own`() throws {
        let result = try run("3>&1", "--no-redact", "echo $PULUMI_ACCESS_TOKEN >&3")
        #expect(result.output == "\(try token)\n")
    }

    @Test func `a command that closes all of them has closed ours`() throws {
        let script =
            "\"$0\" exec -q -- bash -c 'echo last; exec >&- 3>&-; read line' 3>&1 <\"$1\" | { cat; echo closed; echo >&9; }"
        let pipe = "\(machine.sandbox.path)/pipe"
        let words = ["-c", "mkfifo \"$1\"; exec 9<>\"$1\"; \(script)", Executable.path, pipe]
        let result = try Program("bash", words, environment: machine.shellEnvironment).run()
        #expect(result.output == "last\nclosed\n")
    }
}
