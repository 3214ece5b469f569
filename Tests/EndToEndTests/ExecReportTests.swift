import CloudEmulator
import Glibc
import JSONSchema
import JobBench
import TestBench
import Testing

/// `exec --json-file`: how a command ended, and what became of its token, for programs.
@Suite(.ownThreads) struct ExecReportTests {
    private let machine: BuildMachine
    private let documented: DocumentedOutput

    init() throws {
        machine = try BuildMachine()
        documented = try DocumentedOutput("exec", schema: "exec")
    }

    private var path: String { machine.sandbox.file("report.json") }

    private func report() throws -> String {
        let report = machine.sandbox.text("report.json") ?? ""
        #expect(try documented.violations(in: report) == [], "\(report)")
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: report) == [])
        return report
    }

    @Test func `the file is what its example shows, and only its owner reads it`() throws {
        let result = try machine.exec(["--json-file", path, "--session", "s"], "echo output; exit 3")
        #expect(result.status == 3 && result.output == "output\n")
        #expect(try documented.problems(of: try report()) == [])
        #expect(machine.sandbox.permissions("report.json") == 0o600)
        let id = try #require(machine.cloud.tokens(.minted).first?.id)
        #expect(try report().contains(#""session":"s","exitCode":3,"command":{"exitCode":3,"canceled":false},"#))
        #expect(try report().contains(#""tokens":[{"id":"\#(id)","kind":"personal","#))
        #expect(try report().contains(#""outcome":"revoked"}]}"#))
    }

    @Test func `a command that a signal ended, and a token that was not revoked, are told`() throws {
        machine.cloud.misbehave(.status(403, method: "DELETE", times: 0))
        let result = try machine.exec(["--json-file", path], "kill -KILL $$")
        #expect(result.status == 137)
        let command = #""command":{"exitCode":137,"signal":"SIGKILL","canceled":false}"#
        #expect(try report().contains(#""exitCode":137,"# + command))
        #expect(try report().contains(#""outcome":"failed","error":""#))
    }

    @Test func `a command that was not run says why`() throws {
        machine.cloud.misbehave(.refusal(403, method: "POST"))
        let refused = try machine.exec(["--json-file", path], "true")
        #expect(refused.status == 125)
        #expect(try report().contains(#""exitCode":125,"error":"#))
        #expect(try report().hasSuffix(#""tokens":[]}"# + "\n") && !report().contains(#""command""#))
        let missing = try machine.start(["exec", "--json-file", path, "--", "no-such-command"]).wait()
        #expect(missing.status == 127)
        #expect(try report().contains(#""exitCode":127,"error":"#))
    }

    @Test func `a file that cannot be written stops exec before anything is minted`() throws {
        let result = try machine.exec(["--json-file", machine.sandbox.file("missing/report.json")], "true")
        #expect(result.status == 125 && result.error.contains("cannot write the report"))
        #expect(machine.cloud.requests.isEmpty)
    }

    @Test func `what is empty is of an exec that was killed`() throws {
        try machine.sandbox.write("old", to: "report.json")
        let exec = try machine.start([
            "exec", "--json-file", path, "--", "/bin/sh", "-c", "echo ready; while :; do sleep 1; done",
        ])
        try exec.await("ready")
        #expect(machine.sandbox.text("report.json") == "")
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(machine.sandbox.text("report.json") == "")
    }

    @Test func `with a helper, every token that was minted is told`() throws {
        let script = #"""
            printf '{"version":1,"reason":"initial"}' |
                "$PULUMI_CREDENTIAL_HELPER" credential-helper >/dev/null
            """#
        let result = try machine.exec(["--helper", "--json-file", path], script)
        let id = try #require(machine.cloud.tokens(.minted).first?.id, "\(result.error)")
        #expect(try report().contains(#""tokens":[{"id":"\#(id)","kind":"personal""#))
    }

    @Test func `a day of events in one file, and a line without an end, cost no memory`() throws {
        let events = machine.sandbox.file("events.jsonl")
        let start = #"{"version":1,"kind":"personal","system":"local","exitCode":0,"id":"t-1","time":"2027-01-15T08:0"#
        let pair = start + "0:00Z\",\"event\":\"minted\"}\n" + start + "1:00Z\",\"event\":\"revoked\"}\n"
        let block = try machine.sandbox.write(String(repeating: pair, count: 10_000), to: "block")
        let script = """
            for i in 1 2 3 4 5 6 7 8 9 10; do cat '\(block)'; done >'\(events)'
            head -c 200000000 /dev/zero >>'\(events)'
            ulimit -v 131072
            exec '\(Executable.path)' events summary --json '\(events)'
            """
        let outcome = try Program("bash", ["-c", script]).run()
        #expect(outcome.status == 65, "\(outcome.log)")
        #expect(outcome.output.contains(#""events":200000,"#) && outcome.output.contains(#""badLineCount":1"#))
        #expect(outcome.output.contains(#""longestLife":{"seconds":60,"id":"t-1"}"#))
    }
}
