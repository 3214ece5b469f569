package import CISystems
internal import Credentials
package import HostSystem
internal import JSON
internal import Secrets

/// What a job gets in place of a token: the files and the variables by which its Pulumi CLI finds the helper.
package struct HelperEnvironment: Sendable {
    /// Since when the CLI asks.
    package static let firstVersion = "3.274"

    package let folder: JobFolder
    package let variables: [ExportedVariable]

    /// Finds what the tokens are minted with, hides it from the log, and makes the files.
    ///
    /// - Parameter isIsolated: whether the job gets a credentials directory of its own.
    package static func prepare(
        _ options: CloudOptions,
        _ session: Session,
        isIsolated: Bool,
        in context: Context
    ) throws(Explanation) -> (parent: Parent, place: HelperEnvironment) {
        let parent = try Parent.find(options, in: context)
        let program = try reachableProgram()
        for secret in parent.source.secretsInVariables(of: context.environment) {
            try context.mask(secret, within: context.budget(options.deadline))
        }
        let place = try HelperEnvironment(parent, session, program: program, isIsolated: isIsolated, in: context)
        return (parent, place)
    }

    /// The path by which the Pulumi CLI can run this executable as its helper.
    private static func reachableProgram() throws(Explanation) -> String {
        do throws(FileError) { return try ProgramFolder.reachableExecutable() } catch {
            throw .unreachableProgram(error)
        }
    }

    private init(
        _ parent: Parent,
        _ session: Session,
        program: String,
        isIsolated: Bool,
        in context: Context
    ) throws(Explanation) {
        let budget = context.budget(parent.options.deadline)
        let login =
            isIsolated ? try context.userLogin(choosing: parent.cloud, parent.options, within: budget) : nil
        let folder = try JobFolder.create(for: Nonce(from: context.random), in: context)
        var variables: [ExportedVariable] = []
        if let cloud = parent.cloud.variable { variables.append(.plain(cloud.name, cloud.value)) }
        do throws(FileError) {
            if isIsolated {
                let path = try folder.makeCredentialsFolder(
                    configuration: context.userConfiguration(within: budget),
                    login: login
                )
                variables.append(.plain("PULUMI_CREDENTIALS_PATH", path))
            }
        } catch {
            JobFolder.remove(at: folder.path)
            throw .unwritableFolder(error)
        }
        variables.append(.plain(CredentialHelper.variable, program))
        variables.append(.plain(CredentialHelper.argumentsVariable, #"["credential-helper"]"#))
        variables.append(.plain(HelperClient.variable, folder.socket))
        variables.append(.plain(Session.variable, session.name))
        (self.folder, self.variables) = (folder, variables)
    }

    package var socket: String { folder.socket }

    package func remove() { JobFolder.remove(at: folder.path) }

    /// Somebody listens from now on; who asks waits for the server.
    func listen() throws(Explanation) -> PacketSocket {
        do throws(FileError) { return try PacketSocket.listen(at: socket) } catch { throw .noSocket(error) }
    }
}

extension Explanation {
    /// The error's path is where this executable was when it was started.
    package static func unreachableProgram(_ error: FileError) -> Explanation {
        Explanation(
            .cannotWrite,
            "the Pulumi CLI cannot run this executable as its helper: \(error.path): \(error.reason)",
            hint: "install pulumi-token where commands of the job can run it"
        )
    }

    package static func noSocket(_ error: FileError) -> Explanation {
        Explanation(
            .cannotWrite,
            "cannot \(error.operation.rawValue) \(error.path): \(error.reason)",
            hint: "set TMPDIR to a directory that can be written"
        )
    }
}
