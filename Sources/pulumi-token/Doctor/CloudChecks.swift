import Credentials
import HTTPTransport
import HostSystem
import PulumiCloud
import TokenLifecycle

/// What can be said of the cloud and of the credential, by asking who it belongs to.
struct CloudChecks {
    let arguments: Arguments
    let context: Context

    var all: [Check] {
        do throws(Explanation) {
            let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
            let cloud = try Parent.choose(options, in: context)
            return [origin(cloud), trust(options), proxy(to: cloud.url)] + account(options, cloud)
        } catch {
            return [.broken(.cloud, error)]
        }
    }

    private func origin(_ cloud: CloudChoice) -> Check {
        .ok(.cloud, cloud.url.text + (cloud.origin.place.map { ", from \($0)" } ?? ""))
    }

    private func trust(_ options: CloudOptions) -> Check {
        do throws(TransportError) {
            let store = context.trustStore(caFile: options.caFile, within: context.budget(options.deadline))
            return .ok(.trust, try store.places().joined(separator: ", then "))
        } catch {
            return .broken(.trust, Explanation(explaining: .transport(error)))
        }
    }

    private func proxy(to url: CloudURL) -> Check {
        guard let proxy = ProxySettings(context.environment).proxy(for: url.host) else {
            return .ok(.proxy, "none")
        }
        guard let address = proxy.address else {
            return .broken(
                .proxy,
                Explanation(
                    .unavailable,
                    "\(proxy.variable) is not the URL of a proxy",
                    hint: "as in http://proxy:3128"
                )
            )
        }
        return .ok(.proxy, "\(address), from \(proxy.variable)")
    }

    // MARK: Asking

    private func account(_ options: CloudOptions, _ cloud: CloudChoice) -> [Check] {
        let budget = context.budget(options.deadline)
        let parent: Parent
        do throws(Explanation) { parent = try .find(options, in: cloud, in: context) } catch {
            return answer(options, cloud, within: budget) + [.broken(.credential, error)]
        }
        let credential = Check.ok(.credential, String(parent.source.sentence.dropFirst("using ".count)))
        let access: CloudAccess
        do throws(Explanation) { access = try parent.open(within: budget, in: context) } catch {
            return answer(options, cloud, within: budget) + [credential, .broken(.account, error)]
        }
        do throws(CloudError) {
            let user = try context.retrying(within: budget).attempt("asking for the account") { () throws(CloudError) in
                try access.cloud.currentUser()
            }
            return [answers(cloud), credential, account(user, access)] + organization(access)
                + [clock(user.serverTime)]
        } catch {
            guard error.isRefusalOfCredential else { return [.broken(.answer, access.explain(error)), credential] }
            return [answers(cloud), credential, .broken(.account, access.explain(error)), clock(error.serverTime)]
        }
    }

    /// Whether the cloud answers at all, for those who have no credential to ask with.
    private func answer(_ options: CloudOptions, _ cloud: CloudChoice, within budget: TimeBudget) -> [Check] {
        do throws(CloudError) {
            let connection = Parent.connection(to: cloud.url, options, within: budget, in: context)
            let time = try context.retrying(within: budget).attempt("asking whether it answers") {
                () throws(CloudError) in try connection.ping()
            }
            return [answers(cloud), clock(time)]
        } catch {
            return [.broken(.answer, Explanation(explaining: error))]
        }
    }

    private func answers(_ cloud: CloudChoice) -> Check {
        let isProtected = cloud.url.text.hasPrefix("https:")
        let proof = isProtected ? ", with a certificate that is trusted" : ", without encryption"
        return .ok(.answer, "\(cloud.url.host) answers as Pulumi Cloud does\(proof)")
    }

    private func account(_ user: CurrentUser, _ access: CloudAccess) -> Check {
        let kind = kind(access)
        guard kind == .personal else {
            return .ok(.account, "\(user.name ?? user.login), whose rights decide about \(kind.phrase)")
        }
        if let machine = user.machineToken {
            let owner = machine.team.map { "the team \($0)" } ?? machine.organization.map { "the organization \($0)" }
            return .broken(
                .account,
                Explanation(
                    .notAllowed,
                    "a token of \(owner ?? "a machine"), and only a person's credential can mint a personal token",
                    hint: "use a personal access token or --oidc-type personal, or mint with --kind team or "
                        + "--kind organization"
                )
            )
        }
        guard access.exchanged != nil else { return .ok(.account, "\(user.login), who can mint") }
        return .warning(
            .account,
            "\(user.login), with an exchanged token; only a mint can show whether it is allowed to mint",
            hint: access.mayUseExchangedToken ? "if it is not, the job uses it directly (--oidc-use auto)" : nil
        )
    }

    private func kind(_ access: CloudAccess) -> TokenKind { (try? arguments.kind()) ?? access.source.kind }

    /// What the organization allows, where one is known, and whether its tokens can be listed.
    private func organization(_ access: CloudAccess) -> [Check] {
        let kind = kind(access)
        guard let name = kind.organization ?? access.source.organization else { return [] }
        do throws(CloudError) {
            let organization = try access.cloud.metadata(of: name)
            if let refusal = refusal(by: organization, of: kind) {
                let owner = kind == .personal ? .organization(name) : kind
                return [.broken(.organization, Explanation(refusal, to: .mint, of: owner))]
            }
            _ = kind == .personal ? nil : try access.cloud.tokens(of: kind, after: nil)
            let cap = organization.longestTokenDays.map { "tokens of at most \($0) days" } ?? "tokens of any lifetime"
            return [.ok(.organization, "\(name), which allows \(cap)")]
        } catch {
            let explanation = access.explainMint(error)
            return [.warning(.organization, explanation.message, hint: explanation.hint)]
        }
    }

    private func refusal(by organization: OrganizationMetadata, of kind: TokenKind) -> TokenRefusal? {
        if organization.has(kind) == false, let edition = kind.edition { return .edition(edition) }
        guard let lifetime = try? Lifetime(arguments, in: context) else { return nil }
        return organization.refusal(of: lifetime.seconds(from: organization.serverTime ?? context.clock.unixTime()))
    }

    private func clock(_ serverTime: Int64?) -> Check {
        guard let serverTime else { return .warning(.clock, "the server does not say its time") }
        let offset = serverTime - context.clock.unixTime()
        guard abs(offset) > Minter.clockTolerance else {
            return .ok(.clock, "the same as the server's, within \(TimeSpan(seconds: Minter.clockTolerance))")
        }
        return .warning(
            .clock,
            "\(TimeSpan(seconds: abs(offset))) \(offset < 0 ? "ahead of" : "behind") the server's",
            hint: "set this machine's clock; until then, expiries are counted in the server's time"
        )
    }
}

extension TokenKind {
    /// For people.
    var phrase: String {
        switch self {
        case .personal: "personal tokens"
        case .team(let team, let organization): "tokens of the team \(team) in \(organization)"
        case .organization(let organization): "tokens of the organization \(organization)"
        }
    }
}
