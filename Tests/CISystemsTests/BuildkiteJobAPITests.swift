import Glibc
import HostSystem
import Redaction
import Secrets
import StubTransport
import TestBench
import Testing

@testable import CISystems

/// What Buildkite's agent is told on its socket.
@Suite(.hangLimit, .ownThreads) struct BuildkiteJobAPITests {
    private let scratch: ScratchFolder
    private let agent: BuildkiteAgent
    private let token: String

    init() throws {
        scratch = try ScratchFolder()
        agent = try BuildkiteAgent(at: scratch.file("job.sock"))
        var generator = SeededGenerator(seed: 450)
        token = generator.token()
    }

    private func interface(at path: String? = nil, token: String? = nil) throws -> BuildkiteJobAPI {
        let variables = [
            "BUILDKITE_AGENT_JOB_API_SOCKET": path ?? agent.path, "BUILDKITE_AGENT_JOB_API_TOKEN": token ?? agent.token,
        ]
        return try #require(BuildkiteJobAPI(in: Environment(variables)))
    }

    private func redact(_ values: [[UInt8]], within budget: TimeBudget = .test()) throws -> [[UInt8]] {
        try interface().redact(values.map { Secret($0) }, budget: budget).map(\.bytes)
    }

    private func failure(_ body: () throws -> Void) -> ExportError? {
        do {
            try body()
            return nil
        } catch { return error as? ExportError }
    }

    @Test func `a value is told as the agent wants it`() throws {
        #expect(try redact([Array(token.utf8)]) == [])
        let request = try #require(agent.requests.first)
        #expect(request.line == "POST /api/current-job/v0/redactions HTTP/1.1")
        #expect(
            request.fields == [
                "Host: job", "Authorization: Bearer \(agent.token)", "Content-Type: application/json",
                "Content-Length: \(request.body.utf8.count)", "Connection: close",
            ]
        )
        #expect(request.body == #"{"redact":"\#(token)"}"#)
    }

    @Test func `all forms of a token are told`() throws {
        let forms = maskForms(of: Secret(token)).map(\.bytes)
        #expect(try redact(forms) == [])
        #expect(agent.redactions == forms.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test func `any text is told as JSON`() throws {
        let texts = [
            "say \"hi\" \\ / é", "two\nlines\r\n\t", "control\u{1}\u{1F}\u{7F}", "\u{2028}\u{1F600} </script>",
            "%s $(id) `id`",
        ]
        #expect(try redact(texts.map { Array($0.utf8) }) == [])
        #expect(agent.redactions == texts)
    }

    @Test func `what the agent cannot mask is said, and it is not asked`() throws {
        let short: [[UInt8]] = [[], Array("abcde".utf8)]
        let strange: [[UInt8]] = [Array("abc\0defg".utf8), Array("abcdefg".utf8) + [0xFF]]
        #expect(try redact(short + [Array("abcdef".utf8)] + strange) == short + strange)
        #expect(agent.redactions == ["abcdef"])
    }

    @Test func `a masking of this kind registers through the agent and writes nothing`() throws {
        let left = try Masking.buildkiteRedactions(interface()).register(
            [Secret(token), Secret("short")],
            budget: .test()
        ) { _ in Issue.record("a line would be the leak") }
        #expect(left == [Secret("short")])
        #expect(agent.redactions == [token])
    }

    @Test func `variables are set for the rest of the job`() throws {
        try interface().set([.secret("TOKEN", Secret(token)), .plain("ID", "a\"b")], budget: .test())
        #expect(agent.requests.first?.line == "PATCH /api/current-job/v0/env HTTP/1.1")
        #expect(agent.environment == ["TOKEN": token, "ID": "a\"b"])
        #expect(
            failure { try interface().set([.plain("A-B", "x")], budget: .test()) } == .unusableName("A-B", .malformed)
        )
    }

    @Test(arguments: [
        (BuildkiteAgent.Answer.status(401), "status 401"), (.status(500), "status 500"), (.end, "no answer"),
        (.text("SSH-2.0-x\r\n"), "an answer that is not HTTP"),
        (.text("HTTP/1.1 abc\r\n\r\n"), "an answer that is not HTTP"),
        (.text(String(repeating: "x", count: 1 << 20)), "an answer that is not HTTP"),
    ])
    func `an agent that refuses is an error without the value`(answer: BuildkiteAgent.Answer, reason: String) throws {
        agent.answer(answer)
        let error = failure { _ = try redact([Array(token.utf8)]) }
        // Whoever closes without reading may also reset the connection.
        let reasons = answer == .end ? [reason, "broken pipe", "connection reset by peer"] : [reason]
        #expect(reasons.map { ExportError.agentFailed(reason: $0) }.contains { $0 == error }, "\(error as Any)")
        #expect(error?.message.contains(token) == false)
        #expect(error?.exitCode == .cannotWrite)
    }

    @Test func `a wrong token is refused by the agent`() throws {
        let wrong = try interface(token: "other")
        #expect(
            failure { _ = try wrong.redact([Secret(token)], budget: .test()) } == .agentFailed(reason: "status 401")
        )
    }

    @Test func `an agent that does not answer is not waited for longer than there is time`() throws {
        agent.answer(.nothing)
        let clock = HastyClock()
        let error = failure { _ = try redact([Array(token.utf8)], within: .test(clock.clock)) }
        #expect(error == .agentFailed(reason: "no answer in time"))
        #expect(clock.looks > 2, "it was given some time")
    }

    @Test func `a signal ends the wait`() throws {
        agent.answer(.nothing)
        let clock = VirtualClock()
        clock.raise(SIGTERM)
        let error = failure { _ = try redact([Array(token.utf8)], within: clock.budget()) }
        #expect(error == .agentFailed(reason: "interrupted by a signal"))
    }

    @Test func `a socket that is not there, or is none, is an error`() throws {
        let missing = try interface(at: scratch.file("missing"))
        #expect(
            failure { _ = try missing.redact([Secret(token)], budget: .test()) }
                == .agentFailed(reason: "no such file or directory")
        )
        let plain = try interface(at: scratch.write("text", to: "plain"))
        #expect(
            failure { _ = try plain.redact([Secret(token)], budget: .test()) }
                == .agentFailed(reason: "connection refused")
        )
        let long = try interface(at: "/" + String(repeating: "x", count: 200))
        #expect(
            failure { _ = try long.redact([Secret(token)], budget: .test()) }
                == .agentFailed(reason: "the path of the socket is too long")
        )
    }

    @Test(arguments: ["BUILDKITE_AGENT_JOB_API_SOCKET", "BUILDKITE_AGENT_JOB_API_TOKEN"])
    func `without one of its variables there is no interface`(name: String) {
        let both = Environment(["BUILDKITE_AGENT_JOB_API_SOCKET": "/s", "BUILDKITE_AGENT_JOB_API_TOKEN": "t"])
        #expect(BuildkiteJobAPI(in: both) != nil)
        #expect(BuildkiteJobAPI(in: both.replacing([name: nil])) == nil)
        #expect(BuildkiteJobAPI(in: both.replacing([name: ""])) == nil)
    }
}

extension TimeBudget {
    /// More than any agent of a test takes.
    fileprivate static func test(_ clock: HostClock = .system) -> TimeBudget {
        TimeBudget(.seconds(120), clock: clock, interruption: .never(clock: clock))
    }
}

/// Each look at it takes a second.
private final class HastyClock: @unchecked Sendable {
    private(set) var looks = 0

    var clock: HostClock {
        HostClock(
            unixTime: { 0 },
            uptime: {
                self.looks += 1
                return .seconds(self.looks)
            }
        )
    }
}

@Suite struct FileProbeTests {
    @Test func `what may be run is found as a shell finds it`() throws {
        let scratch = try ScratchFolder()
        for folder in ["a", "b", "c"] { try scratch.makeFolder(folder) }
        try scratch.write("", to: "a/tool", mode: 0o600)
        try scratch.makeFolder("b/tool")
        try scratch.write("", to: "c/tool", mode: 0o755)
        let probe = FileProbe.system
        let path = "relative:\(scratch.file("missing")):\(scratch.file("a")):\(scratch.file("b"))::\(scratch.file("c"))"
        #expect(probe.program("tool", onPath: path) == scratch.file("c/tool"))
        #expect(probe.program("other", onPath: path) == nil)
        #expect(probe.program("tool", onPath: nil) == nil)
        #expect(probe.exists(scratch.file("a/tool")) && probe.exists(scratch.file("b")))
        #expect(!probe.exists(scratch.file("missing")))
    }
}
