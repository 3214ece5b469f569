import CISystems
import HostSystem
import JSON

/// What goes to standard output.
enum Printing {
    /// One line of JSON, which holds no secret.
    static func json(on stream: StandardStream, _ members: (inout JSONText) -> Void) throws(Explanation) {
        try json(JSONText.plainObject(members) + "\n", on: stream)
    }

    /// A part of a line of JSON, which holds no secret.
    ///
    /// Azure's agent looks for its commands anywhere in a line. In JSON, these two characters can be said otherwise.
    static func json(_ text: String, on stream: StandardStream) throws(Explanation) {
        try self.text(substituting("##", with: #"\u0023\u0023"#, in: text), on: stream)
    }

    static func text(_ text: String, on stream: StandardStream) throws(Explanation) {
        do throws(FileError) {
            try stream.write(text)
        } catch {
            throw Explanation(ToolError.unwritable(error))
        }
    }
}
