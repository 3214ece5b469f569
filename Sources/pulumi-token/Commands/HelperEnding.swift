import CISystems
import HostSystem
import TokenLifecycle

/// Ends the servers of tokens that `mint --export helper` left for a session, which then revoke what they have minted.
struct HelperEnding {
    private let arguments: Arguments
    private let context: Context

    init(_ arguments: Arguments, in context: Context) {
        (self.arguments, self.context) = (arguments, context)
    }

    /// - Returns: whether there was one.
    func run(_ variables: inout RevokedVariables) throws(Explanation) -> Bool {
        let sockets = try sockets()
        guard !sockets.isEmpty else { return false }
        let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
        let budget = context.budget(options.deadline)
        var hasEnded = false
        for socket in sockets {
            do throws(Explanation) {
                for id in try HelperClient(socket, within: budget).end() { context.console.info("revoked \(id)") }
                hasEnded = true
                variables.note(helperAt: socket)
            } catch {
                if let signal = budget.signal { throw .interrupted(by: signal) }
                // One that was killed has guardians, and records say what is left; that of `exec` ends with its command.
                context.console.trace("no helper was ended: \(error.message)")
                if error != .silentHelper { variables.note(helperAt: socket) }
            }
        }
        return hasEnded
    }

    /// That of this very shell, and those that the session's records name.
    private func sockets() throws(Explanation) -> [String] {
        guard arguments.value(of: .lease) == nil, let session = try arguments.session(in: context) else { return [] }
        var sockets: [String] = []
        if context.environment[Session.variable] == session.name,
            let socket = context.environment.nonEmpty(HelperClient.variable)
        {
            sockets.append(socket)
        }
        let found = (try? arguments.store(in: context).leases(of: session))?.leases ?? []
        for folder in found.compactMap(\.lease.helper) {
            if let socket = JobFolder.socket(at: folder), !sockets.contains(socket) { sockets.append(socket) }
        }
        return sockets
    }
}
