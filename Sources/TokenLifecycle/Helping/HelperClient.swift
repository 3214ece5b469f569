package import HostSystem
package import PulumiCloud

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Asks a server that holds the parent credential.
package struct HelperClient: Sendable {
    /// Where the job finds the server.
    package static let variable = "PULUMI_TOKEN_HELPER_SOCKET"
    /// How long to wait while too many others wait to be taken.
    private static let pause: Duration = .milliseconds(5)

    private let path: String
    private let budget: TimeBudget

    /// - Parameter path: of the socket.
    package init(_ path: String, within budget: TimeBudget) {
        self.path = path
        self.budget = budget
    }

    /// - Throws: also what the server says went wrong.
    package func ask(_ request: CredentialRequest) throws(Explanation) -> CredentialAnswer {
        switch try exchange(.credential(request, asker: Self.asker())) {
        case .answer(let answer): return answer
        case .failure(let error): throw error
        case .ended: throw .silentHelper
        }
    }

    /// Has a server that outlived its starter revoke everything and end.
    ///
    /// - Returns: what it has revoked in all its life.
    /// - Throws: also when there is none, or when it ends with a command, which it serves alone.
    package func end() throws(Explanation) -> [TokenID] {
        switch try exchange(.end) {
        case .ended(let revoked): return revoked
        case .failure(let error): throw error
        case .answer: throw .silentHelper
        }
    }

    /// Whether there is a server, or was one that did not come to remove its socket.
    package var isExpected: Bool { access(path, F_OK) == 0 }

    private func exchange(_ question: HelperQuestion) throws(Explanation) -> HelperReply {
        let socket = try connect()
        // Root asks for whoever has started the server; others ask their own.
        guard let user = socket.peer(), user == geteuid() || geteuid() == 0 else { throw .foreignHelper }
        guard socket.send(question.encoded) else { throw .silentHelper }
        while true {
            switch socket.receive(limit: HelperReply.limit) {
            case .packet(let packet):
                guard let reply = HelperReply(encoded: packet) else { throw .silentHelper }
                return reply
            case .ended: throw .silentHelper
            case .nothingYet: try wait(for: socket.number)
            }
        }
    }

    private func connect() throws(Explanation) -> PacketSocket {
        while true {
            do throws(FileError) {
                return try PacketSocket.connect(to: path)
            } catch {
                guard error.code == EAGAIN else { throw .noHelper(error) }
                try checkTime()
                budget.sleep(for: Self.pause)
            }
        }
    }

    private func wait(for number: Int32) throws(Explanation) {
        try checkTime()
        var watched = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        poll(&watched, 1, min(budget.remaining, .milliseconds(100)).roundedUpToMilliseconds)
    }

    private func checkTime() throws(Explanation) {
        if let signal = budget.signal { throw .interrupted(by: signal) }
        guard !budget.isOver else { throw .silentHelper }
    }

    /// The process that has started this one, which is the CLI, as nobody else is called.
    private static func asker() -> String {
        let parent = getppid()
        let start = ProcessStat(of: parent)?.startTime ?? 0
        return "\(ProcessIdentity.current().namespace ?? "") \(parent) \(start)"
    }
}

extension Explanation {
    private static let startHint = "run the command with pulumi-token exec --helper"

    package static func noHelper(_ error: FileError) -> Explanation {
        Explanation(
            .unavailable,
            "no token server answers on \(error.path): \(error.reason)",
            hint: startHint
        )
    }

    package static let noHelperSocket = Explanation(
        .usage,
        "cannot ask a token server: \(HelperClient.variable) is not set",
        hint: startHint
    )

    package static let silentHelper = Explanation(
        .unavailable,
        "this job's token server did not answer",
        hint: "try again"
    )

    package static let foreignHelper = Explanation(
        .notAllowed,
        "this job's token server belongs to another user",
        hint: "check \(HelperClient.variable)"
    )
}
