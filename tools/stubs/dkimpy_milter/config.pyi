defaultConfigData: dict[str, object]
