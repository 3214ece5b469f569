import FoundationEssentials
import HostSystem

/// What goes to standard output.
enum Printing {
    /// One line of JSON with its members sorted, so that two runs compare.
    static func json(_ value: some Encodable, on stream: OutputStream) throws(Explanation) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, numbers and lists of such: encoding cannot fail.
        guard let data = try? encoder.encode(value) else { return }
        try text(String(decoding: data, as: UTF8.self) + "\n", on: stream)
    }

    static func text(_ text: String, on stream: OutputStream) throws(Explanation) {
        do throws(FileError) {
            try stream.write(text)
        } catch {
            throw Explanation(.cannotWrite, "cannot write to \(error.path): \(error.reason)")
        }
    }
}
