import HostSystem
import Secrets
import TokenLifecycle

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// `pulumi-token credential-helper`: what the Pulumi CLI asks for a token.
///
/// One object on standard output and 0, or nothing there, another code, and one plain sentence on standard error.
struct CredentialHelperCommand {
    /// Well inside the minute for which the CLI waits.
    private static let deadline: Duration = .seconds(50)

    let context: Context

    func run() throws(Explanation) -> ExitCode {
        let budget = context.budget(Self.deadline)
        let request = try CredentialRequest(try standardInput(budget))
        guard let path = context.environment.nonEmpty(HelperClient.variable) else { throw .noHelperSocket }
        let answer = try HelperClient(path, within: budget).ask(request)
        do throws(FileError) {
            try answer.encoded.reveal { bytes throws(FileError) in try context.standardOutput.write(bytes) }
        } catch {
            throw .unwritable(error)
        }
        return .done
    }

    /// All that there is, to its end.
    private func standardInput(_ budget: TimeBudget) throws(Explanation) -> Secret {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            var watched = [context.standardInput, context.interruption.descriptor].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let count = poll(&watched, 2, budget.remaining.roundedUpToMilliseconds)
            if let signal = budget.signal { throw .interrupted(by: signal) }
            guard count != 0 else { throw .notARequest }
            guard watched[0].revents != 0 else { continue }
            let length = read(context.standardInput, &chunk, chunk.count)
            if length == 0 { return Secret(bytes) }
            guard length > 0 else {
                guard errno == EINTR || errno == EAGAIN else { throw .notARequest }
                continue
            }
            bytes += chunk.prefix(length)
            guard bytes.count <= CredentialRequest.limit else { throw .notARequest }
        }
    }
}
