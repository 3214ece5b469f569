import Glibc
import HostSystem
import Testing

@testable import Supervision

/// When a command that was asked to end has had its time.
@Suite struct PatienceTests {
    /// What 5 s of grace make of signals that arrive at an uptime, in milliseconds.
    private func patience(after arrivals: [(ArrivedSignal, Int)]) -> (exhausted: [Bool], deadline: Duration?) {
        var patience = Patience(grace: .seconds(5))
        let exhausted = arrivals.map { patience.isExhausted(by: $0, at: .milliseconds($1)) }
        #expect(patience.wasAsked == (patience.deadline != nil))
        return (exhausted, patience.deadline)
    }

    private func patience(after arrivals: (Int32, Int)...) -> (exhausted: [Bool], deadline: Duration?) {
        patience(after: arrivals.map { (ArrivedSignal($0), $1) })
    }

    @Test func `a command that nobody has asked may run on`() {
        #expect(patience(after: []).deadline == nil)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `the first request sets the end`(number: Int32) {
        #expect(patience(after: (number, 100_000)) == ([false], .seconds(105)))
    }

    @Test(arguments: [(SIGINT, SIGINT), (SIGINT, SIGTERM), (SIGTERM, SIGINT), (SIGTERM, SIGTERM)])
    func `the second request is the last, of whichever kind`(first: Int32, second: Int32) {
        #expect(patience(after: (first, 100_000), (second, 101_000)) == ([false, true], .seconds(105)))
    }

    @Test func `two of one kind within a moment are one, as timeout sends them`() {
        let arrivals = [(SIGTERM, 100_000), (SIGTERM, 100_199), (SIGTERM, 100_200)]
        #expect(patience(after: arrivals.map { (ArrivedSignal($0), $1) }).exhausted == [false, false, true])
    }

    @Test func `two of different kinds are two, however close`() {
        #expect(patience(after: (SIGINT, 100_000), (SIGTERM, 100_000)).exhausted == [false, true])
    }

    @Test func `SIGHUP begins the time, but is never the last request`() {
        let arrivals = [(SIGHUP, 100_000), (SIGHUP, 101_000), (SIGTERM, 102_000)]
        let patience = patience(after: arrivals.map { (ArrivedSignal($0), $1) })
        #expect(patience == ([false, false, false], .seconds(105)))
    }

    @Test func `Ctrl-C is for the command, however often`() {
        let key = ArrivedSignal(SIGINT, isFromTerminal: true)
        let patience = patience(after: (100..<110).map { (key, $0 * 1000) })
        #expect(!patience.exhausted.contains(true))
        #expect(patience.deadline == nil)
    }

    @Test func `a terminal that is gone is a request`() {
        let patience = patience(after: [(ArrivedSignal(SIGHUP, isFromTerminal: true), 100_000)])
        #expect(patience.deadline == .seconds(105))
    }

    @Test(arguments: [SIGUSR1, SIGUSR2, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP, SIGCHLD])
    func `other signals ask for nothing`(number: Int32) {
        #expect(patience(after: (number, 100_000), (number, 101_000)) == ([false, false], nil))
    }
}
