import CISystems
import HostSystem
import JSON

/// What goes to standard output, but for secrets and the output of other programs.
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
            // Nobody reads on: what else there is to fetch and to say is for nobody.
            if error.isBrokenPipe { StandardStream.endUnread() }
            throw .unwritable(error)
        }
    }
}

extension Explanation {
    /// What goes to standard output, ours or a command's.
    static func unwritable(_ error: FileError) -> Explanation {
        Explanation(
            .cannotWrite,
            "cannot write to \(error.path): \(error.reason)",
            hint: "check whether the disk is full, and what is on the other end of it"
        )
    }
}
