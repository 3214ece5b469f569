/// Which Pulumi Cloud, and how long it may take.
extension Option {
    static let cloudURL = Option(
        name: "cloud-url",
        value: .text(placeholder: "URL"),
        group: .cloud,
        commands: cloudCommands,
        help: "API of a self-hosted Pulumi Cloud; a path prefix is kept",
        fallback: "PULUMI_BACKEND_URL, PULUMI_API, the project's, the login's, https://api.pulumi.com",
        input: .same
    )

    static let caFile = Option(
        name: "ca-file",
        value: .text(placeholder: "FILE"),
        group: .cloud,
        commands: cloudCommands,
        help: "PEM certificates to trust instead of the system's",
        fallback: "SSL_CERT_FILE, SSL_CERT_DIR, the system's",
        input: .same
    )

    static let timeout = Option(
        name: "timeout",
        value: .text(placeholder: "DURATION"),
        group: .cloud,
        commands: cloudCommands,
        help: "time limit per request",
        fallback: "30s",
        input: .same
    )

    static let deadline = Option(
        name: "deadline",
        value: .text(placeholder: "DURATION"),
        group: .cloud,
        commands: cloudCommands,
        help: "time limit for the whole command, including retries",
        fallback: "2m",
        input: .same
    )
}
