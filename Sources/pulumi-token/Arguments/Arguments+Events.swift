import CISystems
import HostSystem
import TokenLifecycle

/// What `--events` asks for.
extension Trail {
    /// - Parameter mustWork: no token is minted of which nothing could be told; one that is there has to go all the same.
    convenience init?(_ arguments: Arguments, in context: Context, mustWork: Bool) throws(Explanation) {
        guard let value = arguments.value(of: .events) else { return nil }
        guard value.text != "-" else { throw .eventsOnOutput(place: value.place) }
        self.init(path: try context.path(value), job: TrailJob(context.system))
        guard mustWork else { return }
        try explaining { () throws(ExportError) in try checkIsWritable() }
    }
}

extension Context {
    /// The absolute path of a file that a user named.
    func path(_ value: Arguments.Value) throws(Explanation) -> String {
        guard !value.text.hasPrefix("/") else { return value.text }
        guard let folder = workingFolder else { throw Explanation(UsageError.relativePath(place: value.place)) }
        return folder + "/" + value.text
    }
}

extension Explanation {
    static func eventsOnOutput(place: String) -> Explanation {
        Explanation(
            .usage,
            "invalid value for \(place): standard output is for the result of the command",
            hint: "set \(place) to the path of a file"
        )
    }
}
