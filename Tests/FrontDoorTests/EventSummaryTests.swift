import Glibc
import HostSystem
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import pulumi_token

/// `events summary`: the figures of many events, also of files that nobody should trust.
@Suite struct EventSummaryTests {
    private let machine: TestMachine.Machine

    init() throws {
        machine = try TestMachine.Machine()
    }

    private func event(_ name: String, _ id: String?, at second: Int, _ more: String = "") -> String {
        let time = Moment(1_800_000_000 + Int64(second))
        return #"{"version":1,"time":"\#(time)","event":"\#(name)""# + (id.map { #","id":"\#($0)""# } ?? "") + more
            + #","kind":"personal","system":"local","exitCode":0}"# + "\n"
    }

    private func summary(_ text: String, _ words: String..., code: Int32 = 0) throws -> TestMachine.Machine.Outcome {
        let path = try machine.disk.write(text, to: "events.jsonl")
        let outcome = try machine.run(["events", "summary"] + words + [path], adding: [:])
        #expect(outcome.code == code, "\(outcome.error)")
        return outcome
    }

    @Test func `a day is summed up`() throws {
        var day = ""
        for count in 1...20 {
            day += event("minted", "t-\(count)", at: count, #","durationMs":\#(count * 10)"#)
            day += event("exported", "t-\(count)", at: count)
        }
        for count in 1...16 { day += event("revoked", "t-\(count)", at: 100 + count, #","durationMs":\#(count)"#) }
        day += event("recovered", "t-17", at: 300)
        day += event("expired", "t-18", at: 9000, #","expires":1800003618"#)
        day += event("gone", "t-19", at: 400)
        day += event("not-revoked", "t-20", at: 500, #","expires":1800000900,"reason":"no""#)
        day += event("refused", nil, at: 600, #","reason":"no""#)
        let rows = try summary(day).output.split(separator: "\n").map { line in
            line.split(separator: "  ", maxSplits: 1).map { $0.drop { $0 == " " } }
        }
        let figures = Dictionary(uniqueKeysWithValues: rows.map { (String($0[0]), String($0[1])) })
        #expect(figures["events"] == "61, from 2027-01-15T08:00:01Z to 2027-01-15T10:30:00Z")
        #expect(figures["minted"] == "20" && figures["revoked"] == "16" && figures["recovered"] == "1")
        #expect(figures["expired"] == "1" && figures["gone"] == "1" && figures["refused"] == "1")
        #expect(figures["not revoked"] == "1")
        #expect(figures["mint"] == "p50 100 ms, p95 190 ms" && figures["revoke"] == "p50 8 ms, p95 16 ms")
        #expect(figures["longest life"] == "1 hour (t-18)")
    }

    @Test func `a token that was revoked in the end does not count as not revoked, whatever the order`() throws {
        let lines = [
            event("minted", "t-1", at: 0), event("not-revoked", "t-1", at: 5, #","reason":"no""#),
            event("revoked", "t-1", at: 9),
        ]
        for order in [lines, lines.reversed()] {
            let output = try summary(order.joined(), "--json").output
            #expect(output.contains(#""notRevoked":0"#) && output.contains(#""longestLife":{"seconds":9,"id":"t-1"}"#))
        }
    }

    @Test func `what was not revoked lived until it expired`() throws {
        let text = event("minted", "t-1", at: 0) + event("not-revoked", "t-1", at: 5, #","expires":1800000600"#)
        #expect(try summary(text, "--json").output.contains(#""longestLife":{"seconds":600,"id":"t-1"}"#))
    }

    struct BadLine: CustomTestStringConvertible {
        var text: String
        var reason: String

        init(_ text: String, _ reason: String) { (self.text, self.reason) = (text, reason) }

        var testDescription: String { text.prefix(40) + ": " + reason }
    }

    private static let badLines = [
        BadLine("half", "it is not a JSON object"), BadLine("[]", "it is not a JSON object"),
        BadLine(String(repeating: "[", count: 60_000), "it is not a JSON object"),
        BadLine(String(repeating: "x", count: 70_000), "it is longer than any event"),
        BadLine(#"{"version":2}"#, "its version is not 1"),
        BadLine(#"{"version":1,"event":"born"}"#, "its event is not known"),
        BadLine(#"{"version":1,"event":"minted","time":"noon"}"#, "its time is not a moment in RFC 3339"),
        BadLine(
            #"{"version":1,"event":"minted","time":"2027-01-15T08:00:00Z","durationMs":-1}"#,
            "its durationMs or its expires is not a number from 0 on"
        ),
        BadLine(
            #"{"version":1,"event":"minted","time":"2027-01-15T08:00:00Z","id":""}"#,
            "its id is not the ID of a token"
        ),
    ]

    @Test(arguments: badLines)
    func `a line that is not an event is counted, named, and left out`(bad: BadLine) throws {
        let (line, reason) = (bad.text, bad.reason)
        let text = event("minted", "t-1", at: 0) + line + "\n\n" + event("revoked", "t-1", at: 60)
        let outcome = try summary(text, "--json", code: 65)
        #expect(outcome.output.contains(#""minted":1"#) && outcome.output.contains(#""revoked":1"#))
        #expect(outcome.output.contains(#""badLineCount":1"#))
        #expect(outcome.output.contains(#""line":2,"reason":"\#(reason)""#))
        #expect(outcome.error.contains("line 2 of '") && outcome.error.contains("is not an event: \(reason)"))
    }

    @Test func `the longest time that a file can tell is a number`() throws {
        let text =
            event("minted", "t-1", at: -63_966_700_000)
            + event("not-revoked", "t-1", at: 0, #","expires":9223372036854775807,"reason":"no""#)
        #expect(text.contains(#""time":"0000-"#))
        #expect(try summary(text, "--json").output.contains(#""longestLife":{"seconds":315569000799,"#))
    }

    @Test(.hangLimit) func `a pipe without a writer is waited for until a signal comes`() throws {
        try machine.disk.makePipe("pipe")
        machine.time.raise(SIGTERM)
        let outcome = try machine.run(["events", "summary", machine.disk.file("pipe")], adding: [:])
        #expect(outcome.code == 143 && outcome.output == "")
    }

    @Test(.hangLimit) func `what comes through a named pipe is summed up, however late it comes`() throws {
        try machine.disk.makePipe("pipe")
        let path = machine.disk.file("pipe")
        let text = event("minted", "t-1", at: 0)
        let writer = try Program("sh", ["-c", "printf %s \"$1\" >\"$0\"", path, text]).start()
        let outcome = try machine.run(["events", "summary", "--json", path], adding: [:])
        #expect(outcome.code == 0 && outcome.output.contains(#""minted":1"#), "\(outcome)")
        #expect(try writer.wait().status == 0)
    }

    @Test func `many bad lines are all counted, and some of them named`() throws {
        let outcome = try summary(String(repeating: "bad\n", count: 1000), "--json", code: 65)
        #expect(outcome.output.contains(#""badLineCount":1000"#))
        #expect(outcome.output.matches(of: #/"line":/#).count == 20)
        #expect(outcome.error.contains("980 more lines are not events"))
    }

    @Test func `no file can write into the terminal, or show a secret`() throws {
        let secret = "pul-" + String(repeating: "ab", count: 20)
        let text =
            event("minted", "\\u001b[31m##[group]", at: 0) + event("minted", secret, at: 0)
            + event("revoked", secret, at: 9)
        let outcome = try summary(text, code: 65)
        #expect(!(outcome.output + outcome.error).contains("\u{1B}"))
        #expect(!(outcome.output + outcome.error).contains(secret))
        #expect(try !summary(text, "--json", code: 65).output.contains(secret))
    }

    @Test func `several files and standard input are one sum`() throws {
        let first = try machine.disk.write(event("minted", "t-1", at: 0), to: "first")
        machine.input = event("revoked", "t-1", at: 60)
        let outcome = try machine.run(["events", "summary", "--json", first, "-"], adding: [:])
        #expect(outcome.code == 0 && outcome.output.contains(#""files":2,"events":2"#), "\(outcome)")
        #expect(outcome.output.contains(#""longestLife":{"seconds":60,"id":"t-1"}"#))
    }

    @Test func `a file that cannot be read is an error, and so is another word`() throws {
        let missing = try machine.run(["events", "summary", "missing"], adding: [:])
        #expect(missing.code == 66 && missing.error.contains("cannot read the events in missing"))
        #expect(missing.output == "")
        let word = try machine.run(["events", "sum", "file"], adding: [:])
        #expect(word.code == 64 && word.error.contains("unknown word after events: 'sum'"))
        let bare = try machine.run(["events", "summary"], adding: [:])
        #expect(bare.code == 64 && bare.error.contains("events needs summary FILE..."))
    }

    @Test func `no event is no sum of nothing`() throws {
        #expect(try summary("").output.contains("longest life  unknown"))
    }
}
