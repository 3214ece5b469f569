package import HostSystem
package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A program that is asked something: its standard input is given, and what it answers is read once it has ended.
package struct AskedProgram {
    package struct Answer: Sendable {
        /// nil when it did not end in time, and was killed.
        package var ending: CommandEnding?
        package var output: Secret
        /// What it said to people.
        package var complaint: Secret
    }

    /// How much is read of what it has written, in bytes.
    private static let limit = 64 << 10
    private static let pause: Duration = .milliseconds(2)

    private let command: FoundCommand
    private let environment: CommandEnvironment
    private let start: StartState

    package init(_ command: FoundCommand, _ environment: CommandEnvironment, _ start: StartState) {
        (self.command, self.environment, self.start) = (command, environment, start)
    }

    /// - Throws: when it cannot be started.
    package func answer(to question: Secret, within limit: Duration) throws(SupervisionError) -> Answer {
        // Files without a name: nobody has to read while somebody writes.
        let input = try memory(holding: question)
        let output = try memory()
        let complaint = try memory()
        lseek(input.number, 0, SEEK_SET)
        var launch = Launch(start: start)
        (launch.input, launch.output, launch.error) = (input.number, output.number, complaint.number)
        let running: RunningCommand
        do throws(CommandError) { running = try launch.start(command, environment) } catch { throw .command(error) }
        let ending = ending(of: running, within: limit)
        return Answer(ending: ending, output: written(to: output), complaint: written(to: complaint))
    }

    private func memory(holding contents: Secret = Secret("")) throws(SupervisionError) -> Descriptor {
        do throws(FileError) { return try .memory(holding: contents) } catch { throw .resource(error) }
    }

    private func ending(of running: RunningCommand, within limit: Duration) -> CommandEnding? {
        let end = HostClock.system.uptime() + limit
        while true {
            if case .ended(let ending) = running.nextChange() { return ending }
            guard HostClock.system.uptime() < end else { break }
            HostClock.pause(for: Self.pause)
        }
        running.send(SIGKILL)
        while case nil = running.nextChange() { HostClock.pause(for: Self.pause) }
        return nil
    }

    private func written(to file: borrowing Descriptor) -> Secret {
        let memory = WipedMemory<UInt8>(count: Self.limit)
        let count = pread(file.number, memory.start, memory.count, 0)
        return Secret(copying: UnsafeRawBufferPointer(start: memory.start, count: max(0, count)))
    }
}
