import FoundationEssentials
import Glibc
import HostSystem
import Redaction
import Secrets
import StubTransport
import TestBench
import Testing

@testable import CISystems

/// A real program takes the part of Buildkite's agent and writes down what it is told.
@Suite(.hangLimit) struct BuildkiteRedactorTests {
    private let scratch: ScratchFolder
    private let token: String

    init() throws {
        scratch = try ScratchFolder()
        var generator = SeededGenerator(seed: 450)
        token = generator.token()
    }

    private func agent(_ script: String, environment: [String: String] = [:]) throws -> BuildkiteRedactor {
        let program = try scratch.write(
            "#!/bin/sh\ncd '\(scratch.path)' || exit 9\n\(script)\n",
            to: "buildkite-agent",
            mode: 0o700
        )
        return BuildkiteRedactor(program: program, environment: Environment(environment))
    }

    /// What the agent does: it reads standard input to its end.
    private let recording =
        "cat > input; printf '%s\\n' \"$@\" > arguments; /usr/bin/env > environment; ls /proc/self/fd > descriptors"

    private func add(_ values: [[UInt8]], by agent: BuildkiteRedactor, within budget: TimeBudget = .test()) throws
        -> [[UInt8]]
    {
        try agent.add(values.map { Secret($0) }, budget: budget).map(\.bytes)
    }

    private func redactions() throws -> [String: String] {
        try JSONDecoder().decode([String: String].self, from: Data(scratch.contents("input") ?? []))
    }

    @Test func `the values are told by standard input, and nowhere else`() throws {
        let environment = [
            "BUILDKITE_AGENT_JOB_API_SOCKET": "/sock", "BUILDKITE_AGENT_JOB_API_TOKEN": "job-api", "HOME": "/root",
            "PATH": "/usr/bin:/bin",
            "PULUMI_ACCESS_TOKEN": token, "TOKEN": token, "OTHER": "x", "TMPDIR": "/tmp",
        ]
        let left = try add(
            [Array(token.utf8), Array("second-value".utf8)],
            by: agent(recording, environment: environment)
        )
        #expect(left == [])
        #expect(try redactions() == ["0": token, "1": "second-value"])
        #expect(scratch.text("arguments") == "redactor\nadd\n--format\njson\n")
        let told = try #require(scratch.text("environment"))
        #expect(!told.contains(token))
        #expect(!told.contains("OTHER"))
        for (name, value) in environment where name.hasPrefix("BUILDKITE") || ["HOME", "PATH", "TMPDIR"].contains(name)
        {
            #expect(told.contains("\(name)=\(value)\n"))
        }
    }

    @Test func `all forms of a token are told`() throws {
        let forms = maskForms(of: Secret(token)).map(\.bytes)
        #expect(try add(forms, by: agent(recording)) == [])
        #expect(try Set(redactions().values) == Set(forms.map { String(decoding: $0, as: UTF8.self) }))
    }

    @Test func `any text is told as JSON`() throws {
        let texts = [
            "say \"hi\" \\ / é", "two\nlines\r\n\t", "control\u{1}\u{1F}\u{7F}", "\u{2028}\u{1F600} </script>",
            "%s $(id) `id`",
        ]
        #expect(try add(texts.map { Array($0.utf8) }, by: agent(recording)) == [])
        let told = try redactions()
        for (number, text) in texts.enumerated() { #expect(told["\(number)"]?.utf8.elementsEqual(text.utf8) == true) }
    }

    @Test func `what the agent cannot mask is said`() throws {
        let short: [[UInt8]] = [[], Array("abcde".utf8)]
        let strange: [[UInt8]] = [Array("abc\0defg".utf8), Array("abcdefg".utf8) + [0xFF]]
        let left = try add(short + [Array("abcdef".utf8)] + strange, by: agent(recording))
        #expect(left == short + strange)
        #expect(try redactions() == ["0": "abcdef"])
    }

    @Test func `the agent is not asked when there is nothing that it can mask`() throws {
        #expect(try add([Array("abc".utf8)], by: agent(recording)) == [Array("abc".utf8)])
        #expect(scratch.contents("input") == nil)
    }

    @Test func `a masking of this kind registers through the agent and writes nothing`() throws {
        let agent = try agent(recording)
        let left = try Masking.buildkiteRedactor(program: agent.program).register(
            [Secret(token), Secret("short")],
            environment: Environment([:]),
            budget: .test()
        ) { _ in Issue.record("a line would be the leak") }
        #expect(left == [Secret("short")])
        #expect(try redactions() == ["0": token])
    }

    @Test(arguments: [
        ("exit 1", "exit code 1"), ("cat > input; exit 47", "exit code 47"), ("kill -TERM $$", "signal 15"),
        ("kill -PIPE $$", "signal 13"),
    ])
    func `an agent that fails is an error`(script: String, reason: String) throws {
        let agent = try agent(script)
        let error = ExportError.redactorFailed(program: agent.program, reason: reason)
        #expect(throws: error) { try add([Array(token.utf8)], by: agent) }
        #expect(!error.message.contains(token))
    }

    @Test func `an agent that does not read is as good as its exit code`() throws {
        #expect(try add([Array(token.utf8)], by: agent("exit 0")) == [])
        #expect(try add([Array(token.utf8)], by: agent("exec <&-; exit 0")) == [])
    }

    @Test(arguments: ["exec sleep 600", "trap '' TERM INT; while :; do :; done"])
    func `an agent that hangs is ended`(script: String) throws {
        let agent = try agent("echo $$ > pid; \(script)")
        let clock = HastyClock()
        let error = ExportError.redactorFailed(program: agent.program, reason: "no end in sight")
        #expect(throws: error) { try add([Array(token.utf8)], by: agent, within: .test(clock.clock)) }
        #expect(clock.looks > 2, "it was given some time")
    }

    @Test func `a signal ends an agent that hangs at once`() throws {
        let agent = try agent("exec sleep 600")
        let clock = VirtualClock()
        clock.raise(SIGTERM)
        let error = ExportError.redactorFailed(program: agent.program, reason: "given up because of a signal")
        #expect(throws: error) { try add([Array(token.utf8)], by: agent, within: clock.budget()) }
        #expect(clock.pauses == [])
    }

    @Test func `what the agent prints does not come into the log`() throws {
        #expect(
            try add(
                [Array(token.utf8)],
                by: agent(
                    "out=$(readlink /proc/$$/fd/1); err=$(readlink /proc/$$/fd/2); echo \"$out $err\" > outputs; cat"
                )
            ) == []
        )
        #expect(scratch.text("outputs") == "/dev/null /dev/null\n")
    }

    @Test func `the agent gets signals as any program does`() throws {
        signal(SIGPIPE, SIG_IGN)
        _ = try add([Array(token.utf8)], by: agent("sed -nE 's/^Sig(Blk|Ign):\\t//p' /proc/self/status > signals"))
        let masks = scratch.text("signals")?.split(separator: "\n").compactMap { UInt64($0, radix: 16) }
        // Those from 32 on are the C library's own.
        #expect(masks?.map { $0 & 0x7FFF_FFFF } == [0, 0])
    }

    @Test func `an agent that is not there is an error`() throws {
        let missing = BuildkiteRedactor(program: scratch.file("missing"), environment: Environment([:]))
        #expect(
            throws: ExportError.redactorFailed(program: scratch.file("missing"), reason: "No such file or directory")
        ) {
            try add([Array(token.utf8)], by: missing)
        }
        try scratch.write("text", to: "plain")
        let plain = BuildkiteRedactor(program: scratch.file("plain"), environment: Environment([:]))
        #expect(throws: ExportError.redactorFailed(program: scratch.file("plain"), reason: "Permission denied")) {
            try add([Array(token.utf8)], by: plain)
        }
    }

    @Test func `more than a pipe holds is not tried`() throws {
        let agent = try agent(recording)
        let values = (0..<20).map { [UInt8](repeating: 0x61 + UInt8($0), count: 3000) }
        #expect(throws: ExportError.redactorFailed(program: agent.program, reason: "too many values")) {
            try add(values, by: agent)
        }
        #expect(scratch.contents("input") == nil)
        #expect(try add(Array(values.prefix(19)), by: agent) == [])
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
