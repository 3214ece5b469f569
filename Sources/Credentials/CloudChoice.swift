package import HostSystem
package import PulumiCloud

/// Which Pulumi Cloud to talk to, and who said so.
package struct CloudChoice: Equatable, Sendable {
    /// Who named a cloud.
    package enum Origin: Equatable, Sendable {
        /// An option, an input or a variable; the name.
        case named(String)
        /// The Pulumi CLI's login; the file.
        case login(String)
        case usual
    }

    package var url: CloudURL
    package var origin: Origin

    package init(url: CloudURL, origin: Origin) {
        self.url = url
        self.origin = origin
    }

    /// Whether the job would not find this cloud by itself.
    package var mustBeExported: Bool {
        if case .login = origin { return true }
        return url != .pulumiCloud
    }

    /// Chooses: what an option names, then `PULUMI_BACKEND_URL` and `PULUMI_API`, then the login's current one.
    ///
    /// - Parameters:
    ///   - skipped: told of a variable that names a DIY backend, which has no tokens.
    ///   - login: the Pulumi CLI's login; called only when it is its turn.
    package static func choose(
        _ option: NamedText?,
        environment: Environment,
        skipped: (_ variable: String) -> Void,
        login: () throws(CredentialError) -> PulumiLogin?
    ) throws(Explanation) -> CloudChoice {
        if let option { return CloudChoice(url: try url(option), origin: .named(option.place)) }
        for variable in ["PULUMI_BACKEND_URL", "PULUMI_API"] {
            guard let text = environment.nonEmpty(variable) else { continue }
            guard !CloudURL.isDIY(text) else {
                skipped(variable)
                continue
            }
            return CloudChoice(url: try url(NamedText(text, place: variable)), origin: .named(variable))
        }
        if let login = try explaining(login), let current = login.current, let url = try? CloudURL(current) {
            return CloudChoice(url: url, origin: .login(login.path))
        }
        return CloudChoice(url: .pulumiCloud, origin: .usual)
    }

    /// What the GitHub action uses: its input or the usual cloud, and nothing that another step could have set.
    package static func chooseForAction(_ input: NamedText?) throws(Explanation) -> CloudChoice {
        guard let input else { return CloudChoice(url: .pulumiCloud, origin: .usual) }
        return CloudChoice(url: try url(input), origin: .named(input.place))
    }

    /// Whether an address leads to the same cloud.
    package func isAt(_ address: String) -> Bool {
        (try? CloudURL(address)) == url
    }

    private static func url(_ value: NamedText) throws(Explanation) -> CloudURL {
        do throws(CloudURLError) {
            return try CloudURL(value.text)
        } catch {
            throw Explanation(.usage, "\(value.place) \(error.message)", hint: error.hint)
        }
    }
}
