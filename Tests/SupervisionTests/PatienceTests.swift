import Glibc
import HostSystem
import Testing

@testable import Supervision

/// Who hears a signal, and when a command that was asked to end has had its time.
@Suite struct PatienceTests {
    private static let gitHub = JobEnding(afterInterrupt: .seconds(9), afterTermination: .seconds(5))

    /// What an ending makes of signals that arrive at an uptime, in milliseconds.
    private func answers(
        _ ending: JobEnding,
        _ arrivals: [(ArrivedSignal, Int)]
    ) -> (answers: [Patience.Answer], deadline: Duration?) {
        var patience = Patience(ending)
        let answers = arrivals.map { patience.take($0, at: .milliseconds($1)) }
        return (answers, patience.deadline)
    }

    private func answers(
        _ ending: JobEnding,
        _ arrivals: (Int32, Int)...
    ) -> (answers: [Patience.Answer], deadline: Duration?) {
        answers(ending, arrivals.map { (ArrivedSignal($0), $1) })
    }

    @Test func `a command that nobody has asked may run on`() {
        let patience = Patience(.elsewhere)
        #expect(!patience.wasAsked && patience.deadline == nil && patience.commandDeadline == nil)
    }

    // MARK: How long

    @Test func `as GitHub cancels, the token goes nine seconds after SIGINT, whatever SIGTERM says`() {
        let (told, deadline) = answers(Self.gitHub, (SIGINT, 100_000), (SIGTERM, 107_500))
        #expect(told == [.tellCommand, .tellGroup])
        #expect(deadline == .seconds(109))
    }

    @Test(arguments: [SIGTERM, SIGHUP])
    func `elsewhere SIGTERM leaves eight seconds`(number: Int32) {
        #expect(answers(.elsewhere, (number, 100_000)) == ([.tellCommand], .seconds(108)))
    }

    @Test(arguments: [JobEnding.elsewhere, .person])
    func `elsewhere SIGINT leaves as much time as the command takes`(ending: JobEnding) {
        #expect(answers(ending, (SIGINT, 100_000)) == ([.tellCommand], nil))
    }

    @Test(arguments: [(SIGINT, SIGINT), (SIGINT, SIGTERM), (SIGTERM, SIGINT), (SIGTERM, SIGTERM)])
    func `the second request goes to the whole group, and leaves three seconds`(first: Int32, second: Int32) {
        let (told, deadline) = answers(.elsewhere, (first, 100_000), (second, 101_000))
        #expect(told == [.tellCommand, .tellGroup])
        #expect(deadline == .seconds(104))
    }

    @Test func `no later signal gives time back`() {
        let (_, deadline) = answers(.elsewhere, (SIGTERM, 100_000), (SIGTERM, 107_000), (SIGTERM, 107_900))
        #expect(deadline == .seconds(108))
    }

    @Test func `a hangup never is the last request`() {
        #expect(answers(.elsewhere, (SIGTERM, 100_000), (SIGHUP, 101_000)).deadline == .seconds(108))
    }

    @Test func `a command is killed only when that was asked for, after the first request`() {
        var patience = Patience(.elsewhere, killAfter: .seconds(2))
        #expect(patience.killMoment == nil)
        _ = patience.take(ArrivedSignal(SIGINT), at: .seconds(100))
        _ = patience.take(ArrivedSignal(SIGTERM), at: .seconds(101))
        #expect(patience.killMoment == .seconds(102) && patience.commandDeadline == .seconds(102))
        var other = Patience(.elsewhere)
        _ = other.take(ArrivedSignal(SIGTERM), at: .seconds(100))
        #expect(other.killMoment == nil)
    }

    @Test func `what is run for a cancellation has a tenth of the time, and a second of it at least`() {
        for (ending, end) in [(Self.gitHub, 108), (JobEnding(afterInterrupt: .seconds(590)), 631)] {
            var patience = Patience(ending, hasCancellation: true)
            _ = patience.take(ArrivedSignal(SIGINT), at: .seconds(100))
            #expect(patience.commandDeadline == .seconds(end))
            #expect(patience.deadline == .seconds(100) + (ending.afterInterrupt ?? .zero))
        }
    }

    // MARK: Never two of one

    @Test func `two of one kind within a moment are one, as timeout sends them`() {
        let told = answers(.elsewhere, (SIGTERM, 100_000), (SIGTERM, 100_199), (SIGTERM, 100_200)).answers
        #expect(told == [.tellCommand, .tellNobody, .tellGroup])
    }

    @Test func `two of different kinds are two, however close`() {
        #expect(answers(.elsewhere, (SIGINT, 100_000), (SIGTERM, 100_000)).answers == [.tellCommand, .tellGroup])
    }

    @Test func `where SIGTERM reaches every process, the command hears of it a second before its time is over`() {
        var patience = Patience(JobEnding(afterTermination: .seconds(5), tellsEveryProcess: true))
        #expect(patience.take(ArrivedSignal(SIGTERM), at: .seconds(100)) == .tellNobody)
        #expect(patience.reminderMoment == .seconds(104) && patience.deadline == .seconds(105))
        patience.endHolding()
        #expect(patience.reminderMoment == nil)
        #expect(patience.take(ArrivedSignal(SIGINT), at: .seconds(104)) == .tellGroup)
    }

    @Test func `a service manager tells every process on any machine`() {
        var patience = Patience(.person)
        #expect(patience.take(ArrivedSignal(SIGTERM), isForAll: true, at: .seconds(100)) == .tellNobody)
        #expect(patience.reminderMoment == .seconds(107))
    }

    @Test func `the end of a shell above us is a SIGTERM, unless somebody has told us already`() {
        var patience = Patience(Self.gitHub)
        #expect(patience.takeEndOfShell(at: .seconds(100)) == .tellCommand)
        #expect(patience.deadline == .seconds(105))
        #expect(patience.take(ArrivedSignal(SIGTERM), at: .milliseconds(100_100)) == .tellNobody)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            var told = Patience(Self.gitHub)
            _ = told.take(ArrivedSignal(number), at: .seconds(100))
            #expect(told.takeEndOfShell(at: .seconds(107)) == .tellNobody)
        }
    }

    // MARK: A person

    private static let key = ArrivedSignal(SIGINT, isFromTerminal: true)

    @Test func `Ctrl-C is for the command, and means no deadline`() {
        let (told, deadline) = answers(.person, (100..<110).map { (Self.key, $0 * 1000) })
        #expect(told == [Patience.Answer](repeating: .tellGroup, count: 10))
        #expect(deadline == nil)
    }

    @Test func `only the fourth within three seconds kills`() {
        let (told, _) = answers(.person, [0, 900, 1800, 2700, 6000].map { (Self.key, 100_000 + $0) })
        #expect(told == [.tellGroup, .tellGroup, .tellGroup, .kill, .tellGroup])
    }

    @Test func `CI comes before a terminal: its agent gives each job one`() {
        let buildkite = JobEnding(afterInterrupt: .seconds(8), afterTermination: .seconds(8))
        #expect(answers(buildkite, [(Self.key, 100_000)]).deadline == .seconds(108))
    }

    @Test func `a terminal that is gone is a request`() {
        let hangup = ArrivedSignal(SIGHUP, isFromTerminal: true)
        #expect(answers(.person, [(hangup, 100_000)]) == ([.tellGroup], .seconds(108)))
    }

    // MARK: The rest

    @Test(arguments: [SIGUSR1, SIGUSR2, SIGQUIT, SIGALRM, SIGXCPU, SIGIO, 40])
    func `other signals ask for nothing, and reach the command alone`(number: Int32) {
        #expect(answers(.elsewhere, (number, 100_000), (number, 100_001)) == ([.tellCommand, .tellCommand], nil))
    }
}
