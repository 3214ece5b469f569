import HostSystem
import Testing

/// What `/proc/PID/stat` tells.
@Suite struct ProcessStatTests {
    private static let rest = "4 5 6 34816 5 4194304 1 0 0 0 0 0 0 0 20 0 1 0 123456 1 1"

    @Test(arguments: ["bash", "a b", "a) R 1 (b", ""])
    func `a name may hold anything`(name: String) {
        let stat = ProcessStat(Array("42 (\(name)) S \(Self.rest)\n".utf8))
        #expect(stat?.name == name)
        #expect(stat?.state == "S" && stat?.parent == 4 && stat?.group == 5 && stat?.session == 6)
        #expect(stat?.startTime == 123_456 && stat?.hasEnded == false)
    }

    @Test func `remains have ended`() {
        #expect(ProcessStat(Array("42 (sh) Z \(Self.rest)".utf8))?.hasEnded == true)
    }

    @Test(arguments: ["", "42 (sh", "42 sh) S", "42 )( S \(Self.rest)", "42 (sh) S 4 5 6", "42 (sh) S x \(Self.rest)"])
    func `anything else is nothing`(text: String) {
        #expect(ProcessStat(Array(text.utf8)) == nil)
    }
}
