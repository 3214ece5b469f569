internal import CPlatform
internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A process that becomes the command once it is let go: who has to know of it can be told before.
///
/// Without a word from us it ends, also when we are killed.
struct HeldCommand: ~Copyable {
    /// How long exec may take to fail: the program may lie on a slow file system.
    private static let execPatience: Duration = .seconds(20)

    private let name: String
    /// The command, or the leader of its session.
    private let process: pid_t
    /// The process group of the command, which bears its number.
    let group: pid_t
    private let leadsSession: Bool
    private let pipes: LaunchPipes

    /// - Throws: when the process could not lead a session; then nothing is left of it.
    init(_ name: String, _ process: pid_t, _ pipes: LaunchPipes, leadsSession: Bool) throws(CommandError) {
        self.name = name
        self.process = process
        self.pipes = pipes
        self.leadsSession = leadsSession
        guard leadsSession else {
            group = process
            return
        }
        guard let group = pipes.reports.read(pid_t(0), within: Self.execPatience) else {
            let failure = pipes.failures.read(platform_launch_failure(), within: Self.execPatience)
            pipes.reap(process)
            throw .notStarted(path: name, code: failure?.code ?? ECHILD)
        }
        self.group = group
    }

    /// Which process it is; nil when it has ended, or `/proc` does not show it.
    var identity: WatchedProcess? { WatchedProcess(pid: group) }

    /// Returns when the command runs.
    ///
    /// - Throws: when it does not; then nothing is left of it.
    consuming func letGo() throws(CommandError) -> RunningCommand {
        if let code = pipes.gate.writeByte() {
            pipes.reap(process)
            throw .notStarted(path: name, code: code)
        }
        // The pipe ends when the command has taken the place of the process.
        if let failure = pipes.failures.read(platform_launch_failure(), within: Self.execPatience) {
            pipes.reap(process)
            guard failure.is_in_exec != 0 else { throw .notStarted(path: name, code: failure.code) }
            throw CommandError(executing: name, code: failure.code)
        }
        guard leadsSession else { return RunningCommand(process: process) }
        return RunningCommand(group: group, leader: process, reports: pipes.reports, lifeline: pipes.lifeline)
    }
}

/// Between us and what becomes the command.
struct LaunchPipes {
    /// Tells why the command did not start; ends without a word when it runs.
    let failures: PipeEnds
    /// Tells what the leader of the command's session sees of it.
    let reports: PipeEnds
    /// Keeps the leader there until we have read everything from the terminal, or are gone.
    let lifeline: PipeEnds
    /// Keeps the command from running until it may.
    let gate: PipeEnds

    init() throws(FileError) {
        failures = try PipeEnds()
        reports = try PipeEnds()
        lifeline = try PipeEnds()
        gate = try PipeEnds()
    }

    var forProcess: platform_launch_pipes {
        platform_launch_pipes(
            failures: failures.writeEnd,
            reports: reports.writeEnd,
            lifeline: lifeline.readEnd,
            gate: gate.readEnd,
            gate_opener: gate.writeEnd
        )
    }

    func closeEndsOfOthers() {
        failures.closeWriteEnd()
        reports.closeWriteEnd()
        lifeline.closeReadEnd()
        gate.closeReadEnd()
    }

    /// Waits for a process that did not become a command; the leader of a session stays until it is let go.
    func reap(_ process: pid_t) {
        gate.closeWriteEnd()
        lifeline.closeWriteEnd()
        while waitpid(process, nil, 0) < 0, errno == EINTR {}
    }
}
