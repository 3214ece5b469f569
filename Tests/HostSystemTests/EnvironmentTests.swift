import Glibc
import HostSystem
import TestBench
import Testing

@Suite struct EnvironmentTests {
    @Test func `a variable is there, empty or missing`() {
        let environment = Environment(["A": "1", "EMPTY": ""])
        #expect(environment["A"] == "1")
        #expect(environment["EMPTY"] == "")
        #expect(environment["MISSING"] == nil)
        #expect(environment.nonEmpty("A") == "1")
        #expect(environment.nonEmpty("EMPTY") == nil)
        #expect(environment.nonEmpty("MISSING") == nil)
        #expect(environment.names == ["A", "EMPTY"])
    }

    @Test func `a copy has other values, the original its own`() {
        let environment = Environment(["A": "1", "B": "2"])
        let copy = environment.replacing(["A": "3", "B": nil, "C": "4", "D": nil])
        #expect(copy.names == ["A", "C"])
        #expect(copy["A"] == "3")
        #expect(environment["A"] == "1")
        #expect(environment["B"] == "2")
    }

    @Test func `no value is printed`() {
        var generator = SeededGenerator(seed: 330)
        let value = generator.token()
        let environment = Environment(["NAME_OF_IT": value, "OTHER": "x"])
        var dumped = ""
        dump(environment, to: &dumped)
        dump([environment], to: &dumped)
        debugPrint(environment, to: &dumped)
        let printed = "\(environment) \([environment]) \(String(reflecting: environment)) " + dumped
        #expect(!printed.contains(value))
        #expect(!printed.contains("NAME_OF_IT"))
        #expect("\(environment)" == "<2 environment variables>")
    }
}

@Suite struct InitialEnvironmentTests {
    /// Entries in memory of our own, as the kernel lays them out.
    private final class Block {
        let memory: UnsafeMutableRawBufferPointer
        let environment: InitialEnvironment

        init(_ entries: [[UInt8]]) {
            memory = .allocate(byteCount: entries.reduce(0) { $0 + $1.count + 1 }, alignment: 1)
            var slices: [UnsafeMutableRawBufferPointer] = []
            var end = 0
            for entry in entries {
                let place = UnsafeMutableRawBufferPointer(rebasing: memory[end..<end + entry.count])
                place.copyBytes(from: entry)
                memory[end + entry.count] = 0xEE
                slices.append(place)
                end += entry.count + 1
            }
            environment = InitialEnvironment(block: slices)
        }

        deinit { memory.deallocate() }
    }

    private func block(_ entries: String...) -> Block { Block(entries.map { Array($0.utf8) }) }

    @Test func `values that a condition holds for become zeros, and nothing else changes`() {
        let block = block("A=secret", "B=other", "C=", "NOVALUE", "D=secret=secret", "=secret")
        block.environment.overwriteValues { String(decoding: $0, as: UTF8.self).hasPrefix("secret") }
        #expect(
            block.environment.entries.map { String(decoding: $0, as: UTF8.self) } == [
                "A=\0\0\0\0\0\0", "B=other", "C=", "NOVALUE", "D=\0\0\0\0\0\0\0\0\0\0\0\0\0", "=\0\0\0\0\0\0",
            ]
        )
        #expect(block.memory.filter { $0 == 0xEE }.count == 6, "what ends an entry is not part of it")
    }

    @Test func `the condition sees the values only`() {
        let block = block("A=1", "B=x=y", "EMPTY=", "NOVALUE")
        var seen: [String] = []
        withExtendedLifetime(block) {
            block.environment.overwriteValues {
                seen.append(String(decoding: $0, as: UTF8.self))
                return false
            }
        }
        #expect(seen == ["1", "x=y", ""])
    }

    @Test func `the first of several entries with one name counts`() {
        let block = block("A=first", "A=second", "B=x=y", "NOVALUE", "EMPTY=")
        let environment = withExtendedLifetime(block) { Environment(block.environment) }
        #expect(environment["A"] == "first")
        #expect(environment["B"] == "x=y")
        #expect(environment["EMPTY"] == "")
        #expect(environment.names == ["A", "B", "EMPTY"])
    }

    @Test func `bytes that are no text are repaired in text, not in entries`() {
        let block = Block([Array("A=".utf8) + [0xFF, 0x41]])
        withExtendedLifetime(block) {
            #expect(block.environment.entries == [Array("A=".utf8) + [0xFF, 0x41]])
            #expect(Environment(block.environment)["A"] == "\u{FFFD}A")
        }
    }

    @Test func `this process has an environment`() {
        let environment = Environment(InitialEnvironment.current())
        #expect(environment.nonEmpty("PATH") == getenv("PATH").map { String(cString: $0) })
    }

    /// In a process of its own, whose environment may be spoilt.
    @Test(.ownThreads(.last))
    func `what the kernel shows of this process is overwritten`() async {
        await #expect(processExitsWith: .success) {
            let before = contents(of: "/proc/self/environ") ?? []
            InitialEnvironment.current().overwriteValues { _ in true }
            let after = contents(of: "/proc/self/environ") ?? []
            // What starts such a test has taken its own variables out of the environment by now.
            let intact = after.split(separator: 0).filter {
                $0.last != UInt8(ascii: "=") && !$0.starts(with: "SWT_".utf8)
            }
            exit(!before.isEmpty && before != after && before.count == after.count && intact.isEmpty ? 0 : 1)
        }
    }
}
