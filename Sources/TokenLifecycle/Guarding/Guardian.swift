internal import Credentials
internal import HostSystem
internal import Supervision

/// Our side of the guardian: a process that sees our end on a pipe, and revokes what we left.
///
/// Dropped without a word, it acts as if we had been killed.
struct Guardian: ~Copyable {
    /// The hidden word on the command line, which is also what `ps` shows.
    static let role = "guardian"

    private let process: DetachedProcess

    /// Starts it for a lease whose record is on the disk; returns when it has its session and its program.
    ///
    /// - Parameter lock: the owner's lock, which it holds on: so nobody recovers while it is at work.
    /// - Returns: nil where it cannot be started: everything then works as without it.
    static func start(
        _ contents: GuardianContents,
        holding lock: Int32?,
        in context: Context
    ) -> Guardian? {
        guard let executable = context.executable else { return nil }
        do throws(FileError) {
            let process = try DetachedProcess.start(
                ["pulumi-token guardian", role],
                executable: executable,
                contents: contents.encoded(),
                inheriting: lock.map { [$0] } ?? [],
                outlivesUs: contents.outlivesOwner
            )
            return Guardian(process: process)
        } catch {
            context.console.trace("no guardian: cannot \(error.operation.rawValue) \(error.path): \(error.reason)")
            return nil
        }
    }

    borrowing func tell(_ message: GuardianMessage) { process.send(message.encoded) }

    /// Lets it go: nothing is left to guard.
    ///
    /// - Returns: what is to be waited for, and costs less time when there is something else to do meanwhile.
    consuming func dismiss() -> DismissedGuardian {
        // One that cannot be told would revoke the token of a job that goes on, so it is killed. One with nothing left to
        // guard may still be starting, and would first finish that.
        if !process.send(GuardianMessage.released.encoded) || process.isDisposable { process.kill() }
        return DismissedGuardian(process)
    }

    /// Lets it go, but for a token that has to go with a process.
    ///
    /// - Returns: whether it knows; otherwise it is dismissed.
    consuming func stay(until end: WatchedProcess) -> Bool {
        guard !process.send(GuardianMessage.releasedTo(end).encoded) else { return true }
        process.kill()
        process.reap()
        return false
    }
}

/// A guardian that was told to go.
///
/// Its end is waited for when this is dropped: a child that is not waited for would be seen by whoever looks for what a step
/// has left.
package struct DismissedGuardian: ~Copyable {
    private let process: DetachedProcess

    fileprivate init(_ process: consuming DetachedProcess) {
        self.process = process
    }

    deinit { process.reap() }
}
