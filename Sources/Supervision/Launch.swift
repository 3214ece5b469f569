internal import CPlatform
internal import HostSystem
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A command that can be started: found, but without its variables yet.
package struct FoundCommand {
    /// For `execve`.
    package let path: [UInt8]
    /// The words as the user wrote them, the command's name first.
    package let arguments: [[UInt8]]

    /// Finds the file of a command.
    ///
    /// - Parameters:
    ///   - arguments: byte by byte, the command's name first.
    ///   - searchPath: the value of `PATH`; nil when it is not set.
    package init(_ arguments: [[UInt8]], searchPath: [UInt8]?) throws(CommandError) {
        path = try CommandLookup(searchPath: searchPath).path(of: arguments.first ?? [])
        self.arguments = arguments
    }
}

/// What a command is started with, besides its words and variables.
struct Launch {
    /// The command's ends of its standard descriptors; nil for what it inherits.
    var input: Int32?
    var output: Int32?
    var error: Int32?
    /// The pseudo-terminal of a session of its own.
    var sessionTerminal: Int32?
    /// The terminal at which it is in the foreground.
    var foregroundTerminal: Int32?
    /// What the command has besides, in place of descriptors that it would inherit.
    var copies: [platform_copy] = []
    /// The signal mask, dispositions and limits with which we were started are the command's.
    var start: StartState

    /// Starts the command and returns when it runs.
    ///
    /// - Throws: when it does not; then nothing is left of it.
    func start(_ command: FoundCommand, _ environment: CommandEnvironment) throws(CommandError) -> RunningCommand {
        try hold(command, environment).letGo()
    }

    /// Makes the process that becomes the command when it is let go.
    ///
    /// - Throws: when there is none.
    func hold(_ command: FoundCommand, _ environment: CommandEnvironment) throws(CommandError) -> HeldCommand {
        let name = String(decoding: command.path, as: UTF8.self)
        let pipes: LaunchPipes
        do throws(FileError) {
            pipes = try LaunchPipes()
        } catch {
            throw .notStarted(path: name, code: error.code)
        }
        start.keepOwnDescriptors()
        let process = fork(command, environment, pipes)
        guard process > 0 else { throw .notStarted(path: name, code: errno) }
        pipes.closeEndsOfOthers()
        return try HeldCommand(name, process, pipes, leadsSession: sessionTerminal != nil)
    }

    private func fork(
        _ command: FoundCommand,
        _ environment: CommandEnvironment,
        _ pipes: LaunchPipes
    ) -> pid_t {
        withCString(command.path) { path in
            CStrings(command.arguments).withList { arguments in
                environment.strings().withList { variables in
                    copies.withUnsafeBufferPointer { copies in
                        var launch = launch(path, arguments, variables, copies)
                        var pipes = pipes.forProcess
                        return platform_start(&launch, &pipes)
                    }
                }
            }
        }
    }

    private func launch(
        _ path: UnsafePointer<CChar>,
        _ arguments: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ environment: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ copies: UnsafeBufferPointer<platform_copy>
    ) -> platform_launch {
        platform_launch(
            path: path,
            arguments: arguments,
            environment: environment,
            input: input ?? -1,
            output: output ?? -1,
            error: error ?? -1,
            copies: copies.baseAddress,
            copy_count: Int32(copies.count),
            session_terminal: sessionTerminal ?? -1,
            foreground_terminal: foregroundTerminal ?? -1,
            mask: platform_signal_set(start.blockedSignals, Int32(start.blockedSignals.count)),
            ignored: platform_signal_set(start.ignoredSignals, Int32(start.ignoredSignals.count)),
            core_limit: rlim_t(start.coreLimit)
        )
    }
}
