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
            let store = TrustStore(caFile: options.caFile, environment: context.environment)
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
        do throws(Explanation) { parent = try .find(options, in: cloud, for: .minting, in: context) } catch {
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
            return [answers(cloud), credential, account(user, access), clock(user.serverTime)]
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
        if let machine = user.machineToken {
            let owner = machine.team.map { "the team \($0)" } ?? machine.organization.map { "the organization \($0)" }
            return .broken(
                .account,
                Explanation(
                    .notAllowed,
                    "a token of \(owner ?? "a machine"), and only a person's credential can mint",
                    hint: "use a personal access token, or exchange for a personal one (--oidc-type personal)"
                )
            )
        }
        guard access.exchanged != nil else { return .ok(.account, "\(user.login), who can mint") }
        return .warning(
            .account,
            "\(user.login), by an exchanged token; whether it may mint shows when it is tried",
            hint: access.mayUseExchangedToken ? "where it may not, it is used itself (--oidc-use auto)" : nil
        )
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
            hint: "expiries are counted in the server's time; better set this machine's clock"
        )
    }
}
