import HostSystem
import JSON

/// What goes to standard output.
enum Printing {
    /// One line of JSON, which holds no secret.
    static func json(on stream: OutputStream, _ members: (inout JSONText) -> Void) throws(Explanation) {
        try text(JSONText.plainObject(members) + "\n", on: stream)
    }

    static func text(_ text: String, on stream: OutputStream) throws(Explanation) {
        do throws(FileError) {
            try stream.write(text)
        } catch {
            throw Explanation(ToolError.unwritable(error))
        }
    }
}
