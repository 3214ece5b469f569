import HostSystem
import JSON
import TokenLifecycle

/// What goes to standard output, but for secrets that were asked for and the output of other programs.
///
/// What comes from the cloud may hold a secret that somebody wrote where a description belongs.
enum Printing {
    /// One line of JSON.
    static func json(in context: Context, _ members: (inout JSONText) -> Void) throws(Explanation) {
        try text(JSONText.plainObject(members) + "\n", in: context)
    }

    /// Text with parts from elsewhere.
    static func text(_ text: String, in context: Context) throws(Explanation) {
        try self.text(context.console.withoutSecrets(text), on: context.standardOutput)
    }

    /// Text of ours alone.
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
            hint: "check whether the disk is full, and the program at the other end of a pipe"
        )
    }
}
