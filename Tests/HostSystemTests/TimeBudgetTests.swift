import CPlatform
import Glibc
import HostSystem
import StubTransport
import Testing

@Suite struct TimeBudgetTests {
    private let time = VirtualClock()

    @Test func `a budget is used up by time that passes`() {
        let budget = time.budget(.seconds(120))
        #expect(budget.remaining == .seconds(120))
        time.advance(by: .seconds(20))
        #expect(budget.remaining == .seconds(100))
        #expect(!budget.isOver)
        time.advance(by: .seconds(100))
        #expect(budget.remaining == .zero)
        #expect(budget.isOver)
        time.advance(by: .seconds(1))
        #expect(budget.remaining == .zero)
    }

    @Test func `the first signal leaves five seconds`() {
        let budget = time.budget(.seconds(120))
        time.raise(15)
        #expect(budget.signal == 15)
        #expect(budget.isInterrupted)
        #expect(budget.remaining == .seconds(5))
        time.advance(by: .seconds(3))
        #expect(budget.remaining == .seconds(2))
        time.advance(by: .seconds(3))
        #expect(budget.isOver)
    }

    @Test func `another signal does not begin the five seconds anew`() {
        let budget = time.budget(.seconds(120))
        time.raise(2)
        #expect(budget.signal == 2)
        time.advance(by: .seconds(4))
        time.raise(15)
        #expect(budget.signal == 2)
        #expect(budget.remaining == .seconds(1))
    }

    @Test func `a signal lengthens no budget`() {
        let budget = time.budget(.seconds(2))
        time.raise(1)
        #expect(budget.isInterrupted)
        #expect(budget.remaining == .seconds(2))
    }

    @Test func `undoing goes on after a signal, but no longer than the grace`() {
        let budget = time.budget(.seconds(120)).forUndoing()
        time.raise(15)
        #expect(!budget.isInterrupted)
        #expect(budget.signal == 15)
        #expect(budget.remaining == .seconds(5))
    }

    @Test func `what is reserved is kept from the end`() {
        let budget = time.budget(.seconds(120))
        #expect(budget.reserving(.seconds(30)).remaining == .seconds(90))
        time.advance(by: .seconds(100))
        #expect(budget.reserving(.seconds(30)).remaining == .zero)
        #expect(budget.reserving(.seconds(30)).isOver)
        #expect(budget.remaining == .seconds(20))
    }

    @Test func `reserving and undoing go together`() {
        let budget = time.budget(.seconds(120)).reserving(.seconds(20))
        #expect(!budget.isInterrupted)
        let undoing = budget.forUndoing()
        #expect(undoing.remaining == .seconds(100))
        time.raise(15)
        #expect(budget.isInterrupted)
        #expect(!undoing.isInterrupted)
        #expect(undoing.remaining == .seconds(5))
    }

    @Test func `budgets of one command share its signal`() {
        let budget = time.budget(.seconds(120))
        let shorter = budget.reserving(.seconds(10))
        time.raise(15)
        #expect(shorter.isInterrupted)
        #expect(budget.isInterrupted)
        #expect(budget.remaining == .seconds(5))
    }

    @Test func `pauses pass on the clock that was given`() {
        let budget = time.budget(.seconds(10))
        budget.sleep(for: .seconds(3))
        #expect(time.pauses == [.seconds(3)])
        #expect(budget.remaining == .seconds(7))
    }
}

@Suite struct InterruptionTests {
    private let time = VirtualClock()

    private func interruption(_ signals: Int32..., descriptor: Int32 = -1) -> Interruption {
        let queue = Queue(signals)
        return Interruption(descriptor: descriptor, clock: time.clock, next: queue.next)
    }

    @Test func `signals are told in order, and the first one counts`() {
        let interruption = interruption(2, 15, 1)
        #expect(interruption.moment == nil)
        #expect(interruption.acknowledge() == [2, 15, 1])
        #expect(interruption.acknowledge() == [])
        #expect(interruption.signal == 2)
        #expect(interruption.moment == .zero)
    }

    @Test func `the moment is that of the first signal`() {
        let interruption = Interruption(descriptor: -1, clock: time.clock, next: Queue([0, 15, 0, 2]).next)
        time.advance(by: .seconds(7))
        #expect(interruption.signal == nil)
        time.advance(by: .seconds(1))
        #expect(interruption.signal == 15)
        time.advance(by: .seconds(1))
        #expect(interruption.acknowledge() == [2])
        #expect(interruption.signal == 15)
        #expect(interruption.moment == .seconds(8))
    }

    @Test(arguments: [(true, [15]), (false, [1, 15])] as [(Bool, [Int32])])
    func `the end of the parent interrupts as a terminal that is closed`(isParentAlive: Bool, signals: [Int32]) {
        let queue = Queue([ParentProcess.signal, 15])
        let descriptor = SignalDescriptor(number: -1) {
            let number = queue.next()
            return number == 0 ? nil : ArrivedSignal(number)
        }
        let interruption = Interruption(by: descriptor, clock: time.clock) { isParentAlive }
        #expect(interruption.acknowledge() == signals)
        #expect(interruption.signal == signals.first)
    }

    @Test func `without signals nothing is interrupted`() {
        let never = Interruption.never(clock: time.clock)
        #expect(never.acknowledge() == [])
        #expect(never.signal == nil)
        #expect(never.descriptor == -1)
    }

    @Test func `a wait ends at a signal that is there already`() {
        let interruption = interruption(15)
        #expect(interruption.signal == 15)
        interruption.sleep(for: .seconds(3600))
        #expect(interruption.moment == .zero)
    }

    @Test func `a wait ends when the descriptor is readable`() throws {
        var ends: (Int32, Int32) = (-1, -1)
        try #require(platform_pipe(&ends.0, &ends.1) == 0)
        defer {
            close(ends.0)
            close(ends.1)
        }
        try #require(write(ends.1, "x", 1) == 1)
        let interruption = interruption(2, descriptor: ends.0)
        interruption.sleep(for: .seconds(3600))
        #expect(interruption.signal == 2)
    }

    @Test func `a wait for nothing is none`() {
        let interruption = interruption(15)
        interruption.sleep(for: .zero)
        interruption.sleep(for: .seconds(-1))
        #expect(interruption.moment == nil, "it did not even look")
    }

    /// Numbers to be taken one after the other, then 0 for ever.
    private final class Queue: @unchecked Sendable {
        private var numbers: [Int32]

        init(_ numbers: [Int32]) { self.numbers = numbers }

        @Sendable func next() -> Int32 { numbers.isEmpty ? 0 : numbers.removeFirst() }
    }
}
