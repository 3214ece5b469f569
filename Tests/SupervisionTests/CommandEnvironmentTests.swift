import HostSystem
import Secrets
import Testing

@testable import Supervision

/// Which variables a command gets.
@Suite struct CommandEnvironmentTests {
    /// A block that lives as long as the test, as the kernel's does as long as the process.
    private final class Block {
        let entries: [UnsafeMutableRawBufferPointer]

        init(_ entries: [[UInt8]]) {
            self.entries = entries.map { entry in
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: entry.count, alignment: 1)
                memory.copyBytes(from: entry)
                return memory
            }
        }

        deinit {
            for entry in entries { entry.deallocate() }
        }
    }

    private func strings(
        _ entries: [[UInt8]],
        without names: Set<String> = [],
        or secrets: [Secret] = [],
        _ change: (inout CommandEnvironment) -> Void = { _ in }
    ) -> [[UInt8]] {
        let block = Block(entries)
        var environment = CommandEnvironment(
            InitialEnvironment(block: block.entries),
            withoutNames: names,
            orValues: secrets
        )
        change(&environment)
        return environment.strings().withList { list in
            var result: [[UInt8]] = []
            var cursor = list
            while let entry = cursor.pointee {
                result.append(bytes(entry))
                cursor += 1
            }
            return result
        }
    }

    private func bytes(_ start: UnsafeMutablePointer<CChar>) -> [UInt8] {
        var result: [UInt8] = []
        var cursor = start
        while cursor.pointee != 0 {
            result.append(UInt8(bitPattern: cursor.pointee))
            cursor += 1
        }
        return result
    }

    private func texts(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    @Test func `all is inherited byte by byte, in its order`() {
        let entries = texts("B=2", "A=1", "EMPTY=", "no equals sign", "=odd", "A=twice") + [[0x58, 0x3D, 0xFF, 0xC3]]
        #expect(strings(entries) == entries)
    }

    @Test func `but not what is left out by name or by value`() {
        let entries = texts("TTL=1h", "KEY=pul-parent", "COPY=pul-parent\r\n", "PART=xpul-parent", "TTLX=2", "E=")
        let kept = strings(entries, without: ["TTL"], or: [Secret("pul-parent"), Secret("")])
        #expect(kept == texts("PART=xpul-parent", "TTLX=2", "E="))
    }

    @Test func `what is set takes the place of all that have its name`() {
        let seen = strings(texts("T=old", "U=1", "T=older", "TT=2")) {
            $0.set("T", to: Secret("first"))
            $0.set("V", to: Secret("v"))
            $0.set("T", to: Secret("new"))
        }
        #expect(seen == texts("U=1", "TT=2", "V=v", "T=new"))
    }

    @Test func `a value is that of the first with its name`() {
        let block = Block(texts("PATHX=no", "PATH=/bin", "PATH=/other"))
        let environment = CommandEnvironment(
            InitialEnvironment(block: block.entries),
            withoutNames: [],
            orValues: []
        )
        #expect(environment.inheritedValue(of: "PATH") == Array("/bin".utf8))
        #expect(environment.inheritedValue(of: "PAT") == nil)
    }

    @Test func `values in our own block are overwritten, the others stay`() {
        let block = Block(texts("A=pul-parent", "B=pul-parents", "pul-parent=x"))
        let secret = Secret("pul-parent")
        InitialEnvironment(block: block.entries).overwriteValues { secret.isValue($0) }
        #expect(
            block.entries.map { Array($0) }
                == [Array("A=".utf8) + [UInt8](repeating: 0, count: 10)] + texts("B=pul-parents", "pul-parent=x")
        )
    }
}
