package import HostSystem
package import Supervision

/// Our side of a server of tokens that outlives us.
///
/// Dropped without a word, it ends as if we had been killed.
package struct HelperProcess: ~Copyable {
    /// The hidden word on the command line, which is also what `ps` shows.
    static let role = "helper"

    private let process: DetachedProcess

    /// Starts it; who asks is answered from now on.
    ///
    /// - Parameters:
    ///   - run: what its tokens bear; nil for the tag of the CI system's run.
    ///   - watched: with whose end it ends; nil where no such process is visible.
    ///   - awaitsShell: whether a shell says its own number.
    /// - Throws: when it cannot be started; then nothing answers.
    package static func start(
        _ request: MintRequest,
        _ session: Session,
        _ parent: Parent,
        at place: HelperEnvironment,
        run: RunTag? = nil,
        endsWith watched: WatchedProcess?,
        awaitsShell: Bool,
        in context: Context
    ) throws(Explanation) -> HelperProcess {
        let contents = HelperContents(
            request,
            session,
            parent,
            at: place,
            run: run,
            endsWith: watched,
            awaitsShell: awaitsShell,
            in: context
        )
        return try start(contents, on: try place.listen(), in: context)
    }

    private static func start(
        _ contents: HelperContents,
        on socket: consuming PacketSocket,
        in context: Context
    ) throws(Explanation) -> HelperProcess {
        do throws(FileError) {
            guard let executable = context.executable else { throw FileError(.start, "a process", code: 0) }
            let process = try DetachedProcess.start(
                ["pulumi-token helper", role],
                executable: executable,
                contents: contents.encoded(),
                inheriting: [socket.number],
                outlivesUs: true
            )
            return HelperProcess(process: process)
        } catch {
            throw .noHelperProcess(error)
        }
    }

    package var pid: Int32 { process.pid }

    /// The server is the job's from now on.
    ///
    /// - Returns: whether it knows.
    package consuming func release() -> Bool { process.send(GuardianMessage.released.encoded) }
}

extension Explanation {
    package static func noHelperProcess(_ error: FileError) -> Explanation {
        Explanation(
            .unavailable,
            "cannot start a token server: \(error.reason)",
            hint: "use pulumi-token exec --helper"
        )
    }
}
