package import HostSystem
internal import Secrets
package import Supervision

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Serves tokens to the command of `exec`, on a thread beside the one that watches over the command.
package final class HelperServer: @unchecked Sendable {
    /// What mints on the thread: signals are the command's, and `stop` takes their place.
    package let context: Context
    private let listener: HelperListener
    private let stopping: PipeEnds
    private let finished: PipeEnds
    /// What is run beside or after the command, once there is such a thing; what wakes the thread for it, and what says
    /// that the guardians know of it.
    private let addition = PendingValue<WatchedProcess>()
    private let bell: PipeEnds
    private let answer: PipeEnds
    /// How long that may take, which a mint that is under way can exceed.
    private static let answering: Int32 = 1000
    private var isStarted = false
    /// The thread's own while it runs.
    private var pool: TokenPool?

    /// Listens from now on; who asks waits until `start`.
    package init(at path: String, in context: Context) throws(FileError) {
        let stopping = try PipeEnds()
        finished = try PipeEnds()
        bell = try PipeEnds()
        answer = try PipeEnds()
        listener = try HelperListener(at: path, clock: context.clock)
        self.stopping = stopping
        var own = context
        own.interruption = Interruption(descriptor: stopping.readEnd, clock: context.clock) {
            stopping.isByteThere() ? SIGTERM : 0
        }
        // A mask would come in the middle of what the command writes; the filter hides what its server has minted.
        own.letsSecretsOut = false
        self.context = own
    }

    /// - Parameter pool: of minters with this server's context.
    package func start(_ pool: consuming TokenPool) throws(FileError) {
        self.pool = consume pool
        guard startThread(run) else { throw FileError(.start, "a thread", code: EAGAIN) }
        isStarted = true
    }

    @Sendable private func run() {
        var isTold = false
        while context.interruption.signal == nil {
            let bell = isTold ? -1 : bell.readEnd
            listener.turn(watching: [context.interruption.descriptor, bell]) { packet in pool?.reply(to: packet) }
            if !isTold, let process = addition.current {
                pool?.guards(process)
                isTold = true
                _ = answer.writeByte()
            }
            pool?.revokeRetired()
        }
        finished.closeWriteEnd()
    }

    /// Another process has the tokens, once: whoever ends the command after a SIGKILL to us ends it as well.
    package func guards(_ process: WatchedProcess) {
        addition.set(process)
        _ = bell.writeByte()
        var watched = pollfd(fd: answer.readEnd, events: Int16(POLLIN), revents: 0)
        poll(&watched, 1, Self.answering)
    }

    /// Ends it, with a mint that is under way undone.
    ///
    /// - Returns: nil when it does not end in time; what it holds is then for its guardians.
    package func stop(within limit: Duration) -> TokenPool? {
        // Of a thread that was never started no end comes.
        guard isStarted else { return pool.take() }
        _ = stopping.writeByte()
        var watched = pollfd(fd: finished.readEnd, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, limit.roundedUpToMilliseconds) > 0 else { return nil }
        return pool.take()
    }
}
