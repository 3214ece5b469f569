package import HostSystem
package import PulumiCloud

/// Which Pulumi Cloud to talk to, and who said so.
package struct CloudChoice: Equatable, Sendable {
    package var url: CloudURL
    package var origin: Origin
    /// Whether the job's own backend is a DIY one, which stays.
    package var keepsBackend: Bool

    package init(url: CloudURL, origin: Origin, keepsBackend: Bool = false) {
        self.url = url
        self.origin = origin
        self.keepsBackend = keepsBackend
    }

    /// Whether the job would not find this cloud by itself.
    package var mustBeExported: Bool {
        switch origin {
        case .login, .project: true
        case .named, .usual: url != .pulumiCloud
        }
    }

    /// The variable by which the job finds this cloud; nil when it does by itself.
    ///
    /// Beside a DIY backend, which `PULUMI_BACKEND_URL` would replace, it is the other one.
    package var variable: (name: String, value: String)? {
        guard mustBeExported else { return nil }
        return (keepsBackend ? "PULUMI_API" : "PULUMI_BACKEND_URL", url.text)
    }

    /// Chooses: what an option names, then `PULUMI_BACKEND_URL`, `PULUMI_API`, the project's backend, the login's
    /// current one, Pulumi's own.
    ///
    /// - Parameters:
    ///   - skipped: told of a place that names a DIY backend, which has no tokens.
    ///   - project: finds the project's backend; called only where no `PULUMI_BACKEND_URL` comes before it.
    ///   - login: the Pulumi CLI's login; called only when it is its turn.
    package static func choose(
        _ option: NamedText?,
        environment: Environment,
        skipped: (_ place: String) -> Void,
        project: () throws(Explanation) -> ProjectBackend? = { () throws(Explanation) in nil },
        login: () throws(CredentialError) -> PulumiLogin?
    ) throws(Explanation) -> CloudChoice {
        let backend = environment.nonEmpty("PULUMI_BACKEND_URL")
        var isDIY = backend.map(CloudURL.isDIY) ?? false
        let found = backend == nil ? try project() : nil
        let named = option ?? variable(in: environment, skipped)
        if let found {
            let place = Origin.project(found.path)
            guard CloudURL.isDIY(found.url) else {
                return try choice(named, in: found, place)
            }
            isDIY = true
            if named == nil { skipped(place.place ?? "") }
        }
        if let named {
            // Without another backend the job has the login's, which may be a DIY one.
            if backend == nil, found == nil, let current = (try? login())?.current { isDIY = CloudURL.isDIY(current) }
            return CloudChoice(url: try url(named), origin: .named(named.place), keepsBackend: isDIY)
        }
        guard let login = try readable(login), let current = login.current else {
            return CloudChoice(url: .pulumiCloud, origin: .usual, keepsBackend: isDIY)
        }
        // A backend of the job's own comes before the login, whose current one then is not used.
        if CloudURL.isDIY(current) { isDIY = isDIY || backend == nil && found == nil }
        guard let url = try? CloudURL(current) else {
            return CloudChoice(url: .pulumiCloud, origin: .usual, keepsBackend: isDIY)
        }
        return CloudChoice(url: url, origin: .login(login.path), keepsBackend: isDIY)
    }

    /// What the GitHub action uses: its input or the usual cloud, and nothing that another step could have set.
    ///
    /// - Parameters:
    ///   - project: the backend that the job's project names.
    ///   - backend: the `PULUMI_BACKEND_URL` of later steps, which stays where it is a DIY one.
    package static func chooseForAction(
        _ input: NamedText?,
        project: ProjectBackend? = nil,
        backend: String? = nil
    ) throws(Explanation) -> CloudChoice {
        let own = NamedText(CloudURL.pulumiCloud.text, place: "the default")
        if let project, !CloudURL.isDIY(project.url) {
            _ = try choice(input ?? own, in: project, .project(project.path))
        }
        let isDIY = (backend ?? project?.url).map(CloudURL.isDIY) ?? false
        guard let input else { return CloudChoice(url: .pulumiCloud, origin: .usual, keepsBackend: isDIY) }
        return CloudChoice(url: try url(input), origin: .named(input.place), keepsBackend: isDIY)
    }

    /// Whether an address leads to the same cloud.
    package func isAt(_ address: String) -> Bool {
        (try? CloudURL(address)) == url
    }

    /// The first variable that names a cloud.
    private static func variable(in environment: Environment, _ skipped: (String) -> Void) -> NamedText? {
        for variable in ["PULUMI_BACKEND_URL", "PULUMI_API"] {
            guard let text = environment.nonEmpty(variable) else { continue }
            guard CloudURL.isDIY(text) else { return NamedText(text, place: variable) }
            skipped(variable)
        }
        return nil
    }

    /// The cloud of a project, which whoever names one has to name too: the token would be of another cloud than the one
    /// that the job's own Pulumi talks to.
    private static func choice(
        _ named: NamedText?,
        in project: ProjectBackend,
        _ origin: Origin
    ) throws(Explanation) -> CloudChoice {
        let place = origin.place ?? ""
        let url = try url(NamedText(project.url, place: place))
        guard let named else { return CloudChoice(url: url, origin: origin) }
        let other = try self.url(named)
        guard url == other else {
            throw Explanation(
                .usage,
                "\(named.place) is \(other), but \(place) is \(url)",
                hint: "set the same cloud in both, or only in one of them"
            )
        }
        return CloudChoice(url: url, origin: .named(named.place))
    }

    /// The login, without which nobody knows the job's backend.
    private static func readable(
        _ login: () throws(CredentialError) -> PulumiLogin?
    ) throws(Explanation) -> PulumiLogin? {
        do throws(CredentialError) { return try login() } catch { throw unknownBackend(error) }
    }

    /// Only the login says which backend the job uses, and it cannot be read: encrypted, or not what the CLI writes.
    package static func unknownBackend(_ error: CredentialError) -> Explanation {
        Explanation(
            .unreadableFile,
            "\(error.message), and no other setting names the job's backend",
            hint: "set PULUMI_BACKEND_URL, or set --cloud-url and --no-isolate"
        )
    }

    private static func url(_ value: NamedText) throws(Explanation) -> CloudURL {
        do throws(CloudURLError) {
            return try CloudURL(value.text)
        } catch {
            throw Explanation(.usage, "\(value.place) \(error.message)", hint: error.hint)
        }
    }
}
