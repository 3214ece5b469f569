import FoundationEssentials
import HostSystem
import Redaction

/// JSON on standard output: one line, members sorted, so that two runs compare.
enum JSONOutput {
    static func print(_ value: some Encodable, on stream: OutputStream) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return }
        try stream.write(Secret(Array(data) + [UInt8(ascii: "\n")]))
    }
}
