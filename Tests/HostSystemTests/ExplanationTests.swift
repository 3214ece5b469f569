import HostSystem
import Testing

@Suite struct ExplanationTests {
    private struct Failure: ExplainedError {
        var exitCode: ExitCode { .unavailable }
        var message: String { "the cloud is away" }
        var hint: String? { "try again" }
    }

    @Test(
        arguments: [
            (.done, 0), (.failed, 1), (.usage, 64), (.malformedFile, 65), (.unreadableFile, 66), (.unavailable, 69),
            (.cannotWrite, 73), (.notAllowed, 77), (.notStarted, 125), (.notExecutable, 126), (.notFound, 127),
            (.ended(by: 1), 129), (.ended(by: 2), 130), (.ended(by: 15), 143),
        ] as [(ExitCode, Int32)]
    )
    func `exit codes are those that scripts rely on`(code: ExitCode, number: Int32) {
        #expect(code.rawValue == number)
    }

    @Test func `an error is explained once and the same later`() {
        let explanation = Explanation(Failure())
        #expect(explanation == Explanation(.unavailable, "the cloud is away", hint: "try again"))
        #expect(Explanation(explanation) == explanation)
        #expect(Explanation(.failed, "m").hint == nil)
        #expect(throws: explanation) { try explaining { () throws(Failure) in throw Failure() } }
        #expect(throws: Never.self) { try explaining { () throws(Failure) in } }
    }

    @Test(arguments: [(1, "SIGHUP"), (2, "SIGINT"), (3, "SIGQUIT"), (9, "SIGKILL"), (15, "SIGTERM"), (10, "signal 10")])
    func `signals have names`(number: Int32, name: String) {
        #expect(signalName(number) == name)
        #expect(Explanation.interrupted(by: number) == Explanation(.ended(by: number), "ended by \(name)"))
    }
}

@Suite struct HostClockTests {
    @Test func `the machine's clocks tell the time`() {
        let clock = HostClock.system
        let first = clock.uptime()
        #expect(clock.unixTime() > 1_700_000_000)
        #expect(clock.uptime() >= first)
        #expect(first > .zero)
    }

    @Test func `the current folder is absolute`() {
        #expect(WorkingFolder.current()?.hasPrefix("/") == true)
    }
}

@Suite struct RandomnessTests {
    private func constant(_ byte: UInt8) -> Randomness {
        Randomness { [UInt8](repeating: byte, count: $0) }
    }

    @Test func `numbers are from nought up to and without one`() {
        #expect(constant(0).unitInterval() == 0)
        #expect(constant(0xFF).unitInterval() < 1)
        #expect(constant(0xFF).unitInterval() > 0.999_999)
        #expect(constant(0x80).unitInterval() > 0.5)
    }

    @Test func `the system's bytes are as many as were asked for, and not the same twice`() {
        let random = Randomness.system
        #expect(random.bytes(0) == [])
        #expect(random.bytes(32).count == 32)
        #expect(random.bytes(32) != random.bytes(32))
    }
}
