import HostSystem
import TestBench
import Testing

/// Threads that nobody waits for.
@Suite struct BackgroundThreadTests {
    /// The processors on which the calling thread may run, as a mask in hexadecimal digits.
    private func allowed() -> String {
        let lines = (text(of: "/proc/thread-self/status") ?? "").split(separator: "\n")
        return lines.first { $0.hasPrefix("Cpus_allowed:") }.map(String.init) ?? ""
    }

    private func count(_ mask: String) -> Int {
        mask.dropFirst("Cpus_allowed:".count).compactMap { $0.hexDigitValue?.nonzeroBitCount }.reduce(0, +)
    }

    @Test func `one that is kept apart runs elsewhere, and takes no processor from its maker`() {
        let before = allowed()
        for _ in 0..<200 { #expect(startThread(isApart: true) {}) }
        #expect(allowed() == before)
        let there = PendingValue<String>()
        #expect(startThread(isApart: true) { there.set(allowed()) })
        #expect(count(there.wait()) == max(1, count(before) - 1))
    }

    @Test func `a value is there for all who wait for it, before it was set or after`() {
        let value = PendingValue<Int>()
        let copies = (0..<3).map { _ in PendingValue<Int>() }
        for copy in copies { #expect(startThread { copy.set(value.wait()) }) }
        #expect(value.current == nil)
        value.set(7)
        #expect(copies.map { $0.wait() } == [7, 7, 7] && value.current == 7)
    }
}
