from balmis.cli.main import main

main()
