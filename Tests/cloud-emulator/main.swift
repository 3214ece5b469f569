print("cloud-emulator")
