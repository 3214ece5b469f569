import Testing

@testable import HTTPTransport

@Suite struct ReplyHeadTests {
    /// The head after some lines; nil when one was too much.
    private func head(_ lines: String...) -> ReplyHead? {
        var head = ReplyHead()
        for line in lines {
            let isTaken = Array(line.utf8).withUnsafeBytes { head.take($0) }
            guard isTaken else { return nil }
        }
        return head
    }

    private func fields(_ head: ReplyHead?) -> [String]? {
        head?.fields.map { "\($0.name)|\($0.value)" }
    }

    @Test func `fields keep their order, their case and their repetitions`() {
        let head = head("HTTP/1.1 200 OK\r\n", "Date: today\r\n", "X-a:1\r\n", "x-A:  2 \t\r\n", "X-b:\r\n", "\r\n")
        #expect(fields(head) == ["Date|today", "X-a|1", "x-A|2", "X-b|"])
        #expect(head?.isComplete == true)
    }

    @Test func `a value may have colons and be none`() {
        #expect(fields(head("A: b:c\r\n", "no field\r\n", ": d\r\n")) == ["A|b:c", "|d"])
    }

    @Test func `a folded value goes on in the next line`() {
        #expect(fields(head("A: b\r\n", "  c\r\n", "\td\r\n", "E: f\r\n")) == ["A|b c d", "E|f"])
        #expect(fields(head(" c\r\n")) == [])
    }

    @Test func `an interim reply is forgotten`() {
        let interim = head("HTTP/1.1 103 Early Hints\r\n", "A: 1\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "B: 2\r\n")
        #expect(fields(interim) == ["B|2"])
        #expect(interim?.isComplete == false)
    }

    @Test func `there is a limit for all lines together`() {
        let line = "A: " + String(repeating: "x", count: 1021)
        var head = ReplyHead()
        for _ in 0..<256 {
            let isTaken = Array(line.utf8).withUnsafeBytes { head.take($0) }
            #expect(isTaken)
        }
        let isTaken = Array("\r\n".utf8).withUnsafeBytes { head.take($0) }
        #expect(!isTaken)
    }
}
