import Credentials
import HostSystem
import PulumiCloud
import TokenLifecycle

/// Mints for a command: what `mint`, `exec` and the action's main stage have in common.
struct Minter {
    let door: CloudDoor
    let cloud: CloudChoice
    private let arguments: Arguments
    private let context: Context
    private let console: Console

    init(_ arguments: Arguments, _ context: Context, _ console: Console) throws(Explanation) {
        self.arguments = arguments
        self.context = context
        self.console = console
        door = try CloudDoor(arguments, context, console)
        cloud = try door.choice()
    }

    /// The cloud with the credential that mints.
    func access(for order: MintOrder) throws(Explanation) -> CloudAccess {
        let isDirect = CredentialOptions(arguments).oidc.use == .direct
        let life = isDirect ? order.lifetime.seconds(from: context.clock.unixTime()) : nil
        return try door.access(to: cloud, for: .minting, expiration: life)
    }

    /// - Parameters:
    ///   - access: with which to mint; nil to open it now.
    ///   - export: hands over, or throws and leaves nothing behind.
    func issue(
        _ order: MintOrder,
        with access: CloudAccess? = nil,
        for session: Session,
        heldBy holder: Lease.Holder,
        in records: any LeaseRecords,
        isIsolated: Bool,
        needsFolder: Bool,
        export: (Minted, Surroundings) throws(Explanation) -> Void
    ) throws(LifecycleError) -> Issuing.Issued {
        let access = if let access { access } else { try opened(for: order) }
        let issuing = Issuing(
            context: context,
            access: access,
            cloud: cloud,
            session: session,
            holder: holder,
            records: records,
            budget: door.budget,
            report: console.reporter
        )
        do throws(LifecycleError) {
            return try issuing.issue(order, isIsolated: isIsolated, needsFolder: needsFolder, export: export)
        } catch {
            tell(error.leftovers, session, holder)
            throw error
        }
    }

    private func opened(for order: MintOrder) throws(LifecycleError) -> CloudAccess {
        do throws(Explanation) { return try access(for: order) } catch { throw LifecycleError(error) }
    }

    private func tell(_ leftovers: [Leftover], _ session: Session, _ holder: Lease.Holder) {
        for leftover in leftovers {
            let command = "pulumi-token revoke" + (session.isMadeUp ? " --session \(session.name)" : "")
            console.warning(
                "not revoked: \(leftover.sentence)",
                hint: holder == .action ? "the post stage of the action tries again" : "\(command) tries again"
            )
        }
    }
}
