print("pulumi-token")
