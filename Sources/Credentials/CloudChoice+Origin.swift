extension CloudChoice {
    /// Who named a cloud.
    package enum Origin: Equatable, Sendable {
        /// An option, an input or a variable; the name.
        case named(String)
        /// The Pulumi project; its file.
        case project(String)
        /// The Pulumi CLI's login; the file.
        case login(String)
        case usual

        /// For people, behind the address; nil for Pulumi's own.
        package var place: String? {
            switch self {
            case .named(let place): place
            case .project(let path): "backend.url of \(path)"
            case .login(let path): "the login in \(path)"
            case .usual: nil
            }
        }
    }
}
